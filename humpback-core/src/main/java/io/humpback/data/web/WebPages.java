package io.humpback.data.web;

import static io.humpback.internal.Arguments.require;

import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.FileNames;
import io.humpback.internal.LookAhead;
import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.reading.InputBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads pages from files in HTML ({@code .html .htm .xhtml}) and Markdown ({@code .md .markdown}), folders, tar archives
 * ({@code .tar .tar.gz .tgz}) and web archives ({@code .warc .arc .wet}, plain or with {@code .gz} or {@code .zst}, and
 * {@code .wacz}), one page in memory at a time.
 *
 * <p>A file of JSON Lines ({@code .jsonl .jsonl.gz}) that is named itself is read as plain documents, with {@code text},
 * {@code title} and {@code url}; the title and Markdown headings become headers.
 *
 * <p>A folder is read with its subfolders in the order of the names (all names of one folder are held at once), archives
 * in the order of their entries. Files and entries of other kinds are no pages and are passed over, and so are symbolic
 * links, in folders as in archives, and responses of a web archive that are not HTML or whose status is not 200. Names
 * inside archives are labels and never used as paths. Pages that cannot be read go to the {@link Rejects}, and reading
 * goes on: after a damaged record of a web archive with the next readable one; a damaged tar archive ends there. A
 * source in which there was no page and nothing to reject is itself rejected.
 *
 * <p>Limits count bytes really produced by decompression, whatever an archive's headers say.
 */
public final class WebPages {

    private final Rejects rejects;
    private final int maxPageBytes;
    private final long maxArchiveBytes;

    private WebPages(Rejects rejects, int maxPageBytes, long maxArchiveBytes) {
        this.rejects = Objects.requireNonNull(rejects, "rejects");
        require(maxPageBytes >= 1, "maxPageBytes", maxPageBytes, "at least 1");
        require(maxArchiveBytes >= 1, "maxArchiveBytes", maxArchiveBytes, "at least 1");
        this.maxPageBytes = maxPageBytes;
        this.maxArchiveBytes = maxArchiveBytes;
    }

    /** Reads pages of at most 2 MiB and archives of at most 16 GiB unpacked; {@code rejects} gets what is not read. */
    public static WebPages with(Rejects rejects) {
        return new WebPages(rejects, 2 << 20, 16L << 30);
    }

    /**
     * {@return a copy that rejects pages of more bytes than this, at least 1} The parsed tree of a hostile page can take a
     * hundred times its bytes.
     */
    public WebPages maxPageBytes(int bytes) {
        return new WebPages(rejects, bytes, maxArchiveBytes);
    }

    /** {@return a copy that stops reading an archive that unpacks to more than this, at least 1} */
    public WebPages maxArchiveBytes(long bytes) {
        return new WebPages(rejects, maxPageBytes, bytes);
    }

    /**
     * The pages of a file or folder, lazily. The stream holds a file open: close it.
     *
     * @throws NoSuchFileException if there is no such file
     * @throws DataException if the file's name says that it is none of the kinds above
     */
    public Stream<Page> read(Path path) throws IOException {
        PageReader pages;
        if (Files.isDirectory(path)) {
            pages = new Folder(path);
        } else if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        } else if (FileNames.unpacked(path).endsWith(".jsonl")) {
            pages = new Documents(path, maxPageBytes, rejects);
        } else {
            PageReader file = open(path);
            if (file == null) {
                throw new DataException(path
                        + ": expected .html, .htm, .xhtml, .md, .tar, .tar.gz, .tgz, .warc, .arc, .warc.gz,"
                        + " .warc.zst, .wacz, .jsonl or a folder");
            }
            pages = file;
        }
        // not flatMap: its iterator() would gather all pages of an archive before handing out the first
        return new LookAhead<Page>() {
            @Override
            protected @Nullable Page advance() {
                return pages.next();
            }
        }.stream(pages::close);
    }

    /** {@return whether a name is that of a file that {@link #read} takes} */
    public static boolean isReadable(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return isPage(lower)
                || isTar(lower)
                || Warc.isNamed(lower)
                || lower.matches("(?s).*\\.(wacz|jsonl|jsonl\\.gz)");
    }

    private static boolean isTar(String name) {
        return name.endsWith(".tar") || name.endsWith(".tar.gz") || name.endsWith(".tgz");
    }

    /** Whether a name is that of a file that is a page. */
    static boolean isPage(String name) {
        return name.toLowerCase(Locale.ROOT).matches("(?s).*\\.(html|htm|xhtml|xht|md|markdown)");
    }

    /** {@return the page that a file is whose name is that of one, or null if it is rejected} */
    static @Nullable Page page(String source, byte[] file, Rejects rejects) {
        if (!source.toLowerCase(Locale.ROOT).matches("(?s).*\\.(md|markdown)")) {
            return new Page(source, file, null);
        }
        Page page = Documents.ofMarkdown(source, file);
        if (page == null) {
            rejects.accept(new Rejection(source, "", "no heading, expected one: a segment is what follows a header"));
        }
        return page;
    }

    /** A reader for one file, or null if its name is of no known kind. */
    private @Nullable PageReader open(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (isPage(name)) {
            return new OneFile(file);
        } else if (isTar(name)) {
            return opened(file, () -> new Tar(file, maxPageBytes, maxArchiveBytes, rejects));
        } else if (Warc.isNamed(name)) {
            return opened(
                    file, () -> new Warc(file.toString(), Warc.source(file), maxPageBytes, maxArchiveBytes, rejects));
        } else if (name.endsWith(".wacz")) {
            return opened(file, () -> new Wacz(file, maxPageBytes, maxArchiveBytes, rejects));
        }
        return null;
    }

    private interface Opening {
        PageReader open() throws IOException;
    }

    /** Opens an archive; one that cannot be opened is rejected. */
    private PageReader opened(Path file, Opening opening) {
        try {
            return opening.open();
        } catch (IOException e) {
            rejects.accept(new Rejection(file.toString(), "", ReadFaults.reason(e)));
            return new Empty();
        }
    }

    private static final class Empty implements PageReader {
        @Override
        public @Nullable Page next() {
            return null;
        }

        @Override
        public void close() {}
    }

    private final class OneFile implements PageReader {
        private final Path file;
        private boolean done;

        OneFile(Path file) {
            this.file = file;
        }

        @Override
        public @Nullable Page next() {
            if (done) {
                return null;
            }
            done = true;
            try {
                Places.requireReadable(file);
                try (InputStream in = InputBytes.open(file)) {
                    return page(file.toString(), Metered.readAll(in, maxPageBytes), rejects);
                }
            } catch (IOException e) {
                rejects.accept(new Rejection(file.toString(), "", ReadFaults.reason(e)));
                return null;
            }
        }

        @Override
        public void close() {}
    }

    /** A folder's files and subfolders by name; at each level an iterator waits, so that depth costs no stack. */
    private final class Folder implements PageReader {
        private final Path root;
        private final Deque<Iterator<Path>> levels = new ArrayDeque<>();
        private PageReader current = new Empty();
        private boolean anyFile;

        Folder(Path root) throws IOException {
            this.root = root;
            levels.push(list(root));
        }

        private Iterator<Path> list(Path folder) throws IOException {
            List<Path> paths = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                entries.forEach(paths::add);
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            paths.sort(Comparator.comparing(p -> p.getFileName().toString()));
            return paths.iterator();
        }

        @Override
        public @Nullable Page next() {
            while (true) {
                Page page = current.next();
                if (page != null) {
                    return page;
                }
                current.close();
                current = new Empty();
                while (!levels.isEmpty() && !levels.peek().hasNext()) {
                    levels.pop();
                }
                if (levels.isEmpty()) {
                    if (!anyFile) {
                        anyFile = true;
                        rejects.accept(new Rejection(root.toString(), "", "no page and no archive in this folder"));
                    }
                    return null;
                }
                Path path = levels.peek().next();
                if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    try {
                        levels.push(list(path));
                    } catch (IOException e) {
                        rejects.accept(new Rejection(path.toString(), "", ReadFaults.reason(e)));
                    }
                } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    PageReader file = open(path);
                    if (file != null) {
                        anyFile = true;
                        current = file;
                    }
                }
            }
        }

        @Override
        public void close() {
            current.close();
        }
    }
}
