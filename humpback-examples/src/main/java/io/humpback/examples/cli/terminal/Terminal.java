package io.humpback.examples.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * Where a command writes what is not data.
 *
 * @param out summaries
 * @param err errors and progress
 * @param interactive whether a person looks at {@code err}: then progress is a bar that is redrawn
 */
public record Terminal(PrintWriter out, PrintWriter err, boolean interactive) {

    /** {@return the process's own streams; summaries are UTF-8, being JSON} */
    public static Terminal ofProcess() {
        return new Terminal(
                writer(FileDescriptor.out, StandardCharsets.UTF_8),
                writer(FileDescriptor.err, Charset.defaultCharset()),
                System.console() != null);
    }

    private static PrintWriter writer(FileDescriptor stream, Charset charset) {
        return new PrintWriter(new FileOutputStream(stream), true, charset);
    }
}
