package io.humpback.examples.cli.io;

import io.humpback.data.DataException;
import io.humpback.data.file.RowSource;
import io.humpback.data.web.WebPages;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.hub.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where what a command is given lies: at the path, or on the hub, from which it is fetched with its progress told. */
public final class HubFiles {

    private static final long MEGABYTE = 1_000_000;

    private HubFiles() {}

    /** {@return where a model or adapter lies, which may be nowhere if it is a path} */
    public static Path model(CommandSpec spec, String name) throws IOException {
        return hub(spec).model(name);
    }

    /** {@return where rows lie, which may be nowhere if it is a path; of a folder those of some splits} */
    public static Path rows(CommandSpec spec, Path path, List<String> splits) throws IOException {
        String name = name(path);
        return Hub.isName(name) ? hub(spec).data(name, all -> rows(name, all, splits)) : path;
    }

    private static List<String> rows(String name, Collection<String> all, List<String> splits) throws IOException {
        try {
            return RowSource.files(name, all, splits);
        } catch (DataException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** {@return where pages lie: paths as they are, of a data set its files of pages, one by one} */
    public static List<Path> pages(CommandSpec spec, List<Path> paths) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path path : paths) {
            String name = name(path);
            if (!Hub.isName(name)) {
                found.add(path);
                continue;
            }
            Path there = hub(spec).data(name, HubFiles::pages);
            if (Files.isDirectory(there)) { // whose files are links, which the reader of a folder passes over
                try (Stream<Path> files = Files.walk(there)) {
                    List<String> all = files.filter(Files::isRegularFile)
                            .map(file -> name(there.relativize(file)))
                            .sorted()
                            .toList();
                    pages(all).forEach(file -> found.add(there.resolve(file)));
                }
            } else {
                found.add(there);
            }
        }
        return found;
    }

    private static List<String> pages(Collection<String> all) throws IOException {
        List<String> pages = all.stream()
                .filter(file -> !file.toLowerCase(Locale.ROOT).matches("readme\\.md|license.*"))
                .filter(WebPages::isReadable)
                .toList();
        if (pages.isEmpty()) {
            throw new IOException(
                    "no pages among the files of the data set, expected HTML, Markdown, archives or documents");
        }
        return pages;
    }

    private static String name(Path path) {
        return path.toString().replace('\\', '/');
    }

    /** {@return where a model lies: at the path, or in the cache; nothing is fetched} */
    public static Path cached(CommandSpec spec, String name) throws IOException {
        return hub(spec).offline().model(name);
    }

    /** {@return the hub of the program, which tells what it fetches} */
    public static Hub hub(CommandSpec spec) throws IOException {
        Context context = Context.of(spec);
        return context.models().hub().listening(new Told(context.terminal()));
    }

    /** Tells the size before, and how far it is. */
    private static final class Told implements Hub.Listener {

        private final Terminal terminal;
        private @Nullable Progress progress;
        private long megabytes;

        Told(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public void fetching(String what, Path into, int files, long bytes) {
            told(String.format(Locale.ROOT, "%s: fetching %d files, %.1f MB, into %s", what, files, bytes / 1e6, into));
            progress = Progress.of(terminal, "MB of " + what, Extent.of(bytes / MEGABYTE));
            megabytes = 0;
        }

        @Override
        public void progressed(long bytes) {
            for (; progress != null && megabytes < bytes / MEGABYTE; megabytes++) {
                progress.step();
            }
        }

        @Override
        public void ended() {
            if (progress != null) {
                progress.close();
            }
        }

        @Override
        public void told(String line) {
            terminal.err().println(Failure.oneLine(line));
            terminal.err().flush();
        }
    }
}
