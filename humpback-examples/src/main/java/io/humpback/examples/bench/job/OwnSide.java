package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A job done by a command of this program, as on the command line. */
public final class OwnSide implements Side {

    private final Program program;
    private final Work work;
    private final List<String> options;
    private final Path in;
    private final Path folder;

    private OwnSide(Program program, Work work, List<String> options, Path in, Path folder) {
        this.program = program;
        this.work = work;
        this.options = List.copyOf(options);
        this.in = in;
        this.folder = folder;
    }

    /**
     * {@return a job for the program of this JVM}
     *
     * @param options of the command: the model, and how it is run
     * @param in the rows to be worked on, as many as there are prompts; of no meaning for the loop
     * @param folder for what it writes
     */
    public static OwnSide of(Work work, List<String> options, Path in, Path folder) throws IOException {
        return new OwnSide(Program.ofThisJvm(), work, options, in, folder);
    }

    @Override
    public String key() {
        return "humpback";
    }

    @Override
    public String unit() {
        return work.job().unit();
    }

    @Override
    public Run run() throws IOException, InterruptedException {
        Job job = work.job();
        Path place = Files.createTempDirectory(folder, job.key());
        try {
            Path out = place.resolve(job == Job.LOOP ? "run" : "out.jsonl");
            List<String> words = program.command(job.command(options, in, out, work.tokens()));
            try (Child child = Child.start(words, place)) {
                int status = child.await();
                double seconds = child.seconds();
                if (status != 0) {
                    throw new DataException(job.key() + ": the program ended with " + status + ": " + child.tail());
                }
                ObjectNode summary = JsonLines.row(child.output().strip());
                double units = job.units(summary, work.rows(), work.tokens());
                return new Run(units, seconds, child.peakBytes(), notes(units));
            }
        } finally {
            Folders.delete(place);
        }
    }

    private ObjectNode notes(double units) {
        ObjectNode notes = JsonLines.row();
        if (work.job() != Job.LOOP) {
            notes.put("rows", work.rows()).put("prompt_tokens", work.promptTokens());
        }
        if (work.job() == Job.WRITE) {
            notes.put("tokens", (long) units);
        }
        return notes;
    }
}
