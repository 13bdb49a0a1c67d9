package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What {@code -} stands for: the stream that the process reads, or the one that it writes. */
public final class StandardStreams {

    private static final Path NAME = Path.of("-");

    private @Nullable Path copy;

    /** Work that fills a file and says what it has done. */
    @FunctionalInterface
    public interface Work {
        ObjectNode into(Path file) throws IOException;
    }

    /** {@return whether a path that was given stands for a stream} */
    public static boolean is(@Nullable Path given) {
        return NAME.equals(given);
    }

    /** {@return a file to read: standard input is copied to one, as some commands read their rows twice} */
    public Path readable(Path given) throws IOException {
        if (!is(given)) {
            return given;
        }
        if (copy == null) {
            Path file = TemporaryFiles.newFolder("stdin").resolve("stdin.jsonl");
            Files.copy(System.in, file);
            copy = file;
        }
        return copy;
    }

    /** Does work on a file; what is for standard output goes there when it is done, and its rejects to standard error. */
    public static ObjectNode write(Path given, Work work) throws IOException {
        if (!is(given)) {
            return work.into(given);
        }
        Path file = TemporaryFiles.newFolder("rows").resolve("out.jsonl");
        ObjectNode summary = work.into(file);
        copy(file, System.out);
        copy(Output.sibling(file, "rejected"), System.err);
        if (summary.has("rejects")) {
            summary.put("rejects", "standard error");
        }
        return summary.put("out", given.toString());
    }

    private static void copy(Path file, OutputStream to) throws IOException {
        if (Files.exists(file)) {
            Files.copy(file, to);
        }
    }
}
