package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.http.LocalExchange;
import io.humpback.examples.http.PatientThreads;
import io.humpback.examples.http.Refusal;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Answers JSON Lines with JSON Lines, in their order: a line for each row, with its number, {@code row}, and a score or an error. All
 * rows are taken in, to a temporary file, before the first is answered: most clients read nothing before they have sent all, and
 * the two would wait for each other as soon as the buffers between them are full. As many rows as make the next batch are in the
 * queue at a time, so that memory does not grow with the rows.
 */
final class RowStream {

    private final LocalExchange exchange;
    private final ScoreQueue queue;
    private final ObjectNode provenance;
    private final PatientThreads threads;
    private final Metrics metrics;

    private final long end;
    private final Deque<Answer> answers = new ArrayDeque<>();

    /** A row's answer: what it begins with, and what will be in it. */
    private record Answer(ObjectNode row, CompletableFuture<Outcome> outcome) {}

    /** @param deadline for the whole; rows that it finds without a score become errors */
    RowStream(
            LocalExchange exchange,
            ScoreQueue queue,
            ObjectNode provenance,
            PatientThreads threads,
            Metrics metrics,
            Duration deadline) {
        this.exchange = exchange;
        this.queue = queue;
        this.provenance = provenance;
        this.threads = threads;
        this.metrics = metrics;
        end = System.nanoTime() + deadline.toNanos();
    }

    /**
     * Reads the request and writes the answer.
     *
     * @param most bytes of the request
     * @return what was written to, to be closed; where this fails it is not closed, or the client would take it for the whole
     */
    OutputStream answer(long most) throws IOException, Refusal {
        Path folder = TemporaryFiles.newFolder("rows");
        try {
            Path file = folder.resolve("rows.jsonl");
            exchange.bodyTo(file, most);
            OutputStream out = new BufferedOutputStream(exchange.stream("application/x-ndjson"), 1 << 13);
            try (Stream<Row> rows = JsonLines.read(file, rejection -> add(rejected(rejection), out))) {
                rows.forEachOrdered(row -> add(ask(row), out));
                writeUpTo(0, out);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            threads.allow();
            return out;
        } finally {
            answers.forEach(answer -> answer.outcome.cancel(false)); // the client is gone
            Folders.delete(folder);
        }
    }

    private void add(Answer answer, OutputStream out) {
        answers.add(answer);
        try {
            writeUpTo(queue.window(), out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeUpTo(int left, OutputStream out) throws IOException {
        while (answers.size() > left) {
            write(answers.remove(), out);
        }
    }

    private static Answer rejected(Rejection rejection) {
        ObjectNode row = JsonLines.row();
        if (rejection.place().matches("line \\d{1,18}")) {
            row.put("row", Long.parseLong(rejection.place().substring("line ".length())));
        }
        return new Answer(row, CompletableFuture.completedFuture(Outcome.rejected(rejection.reason())));
    }

    private Answer ask(Row row) {
        ObjectNode answer = JsonLines.row().put("row", row.line());
        if (System.nanoTime() - end > 0) {
            return new Answer(answer, CompletableFuture.completedFuture(Outcome.of(null, new TimeoutException())));
        }
        try {
            answer.setAll(ScoreServer.identified(row.fields()));
            CompletableFuture<Scored<Example>> score = queue.put(Fields.example(row.fields()));
            CompletableFuture<Outcome> outcome = score.handle(Outcome::of);
            outcome.whenComplete((done, cancelled) -> score.cancel(false)); // does nothing to a score that came
            return new Answer(answer, outcome);
        } catch (BadRow e) {
            return new Answer(
                    answer, CompletableFuture.completedFuture(Outcome.rejected(String.valueOf(e.getMessage()))));
        }
    }

    private void write(Answer answer, OutputStream out) throws IOException {
        if (!answer.outcome.isDone()) {
            threads.allow();
            out.flush(); // what is known goes out while the rest is computed
        }
        Outcome outcome = outcome(answer);
        metrics.pair(outcome.counted());
        threads.allow();
        out.write((outcome.into(answer.row, provenance) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Outcome outcome(Answer answer) throws IOException {
        long nanos = Math.max(0, end - System.nanoTime());
        threads.allow(Duration.ofNanos(nanos).plusSeconds(60));
        try {
            return answer.outcome.get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            answer.outcome.cancel(false);
            return Outcome.of(null, e);
        } catch (InterruptedException e) {
            throw new IOException("the service stops", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e); // every end is an outcome
        }
    }
}
