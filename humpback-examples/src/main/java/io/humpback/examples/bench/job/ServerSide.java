package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.bench.job.CompletionServer.Answer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** A job done by asking a server that is started for it. */
public final class ServerSide implements Side {

    /** In a word of the server's command: the number of clients. */
    public static final String CLIENTS = "{clients}";

    private final Work work;
    private final URI url;
    private final List<String> words;
    private final int clients;
    private final Path folder;

    /**
     * @param url where the server will listen
     * @param words its program with arguments, in which {@value #CLIENTS} stands for the number of clients
     * @param clients that ask, each for one prompt at a time
     * @param folder for what the server says
     */
    public ServerSide(Work work, URI url, List<String> words, int clients, Path folder) {
        this.work = work;
        this.url = url;
        this.words = words.stream()
                .map(word -> word.replace(CLIENTS, Integer.toString(clients)))
                .toList();
        this.clients = clients;
        this.folder = folder;
    }

    @Override
    public String key() {
        return "server_" + clients;
    }

    @Override
    public String unit() {
        return work.job().unit();
    }

    @Override
    public Run run() throws IOException, InterruptedException {
        List<Answer> answers;
        double seconds;
        OptionalLong peak;
        try (CompletionServer server = CompletionServer.start(url, words, folder)) {
            answers = server.complete(work.prompts(), work.tokens(), clients);
            seconds = server.seconds();
            peak = server.peakBytes();
        }
        long written = answers.stream().mapToLong(Answer::tokens).sum();
        ObjectNode notes = JsonLines.row()
                .put("rows", answers.size())
                .put(
                        "prompt_tokens",
                        answers.stream().mapToLong(Answer::promptTokens).sum());
        if (work.job() == Job.WRITE) {
            return new Run(written, seconds, peak, notes.put("tokens", written));
        }
        notes.put("ratings", answers.stream().filter(ServerSide::isRating).count());
        return new Run(answers.size(), seconds, peak, notes);
    }

    private static boolean isRating(Answer answer) {
        return answer.text().strip().matches("[1-5]");
    }
}
