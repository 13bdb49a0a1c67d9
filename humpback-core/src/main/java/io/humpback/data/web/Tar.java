package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.reading.InputBytes;
import io.humpback.internal.unpack.Gunzip;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** The pages of a tar archive, plain or gzipped. A damaged archive is read up to the damage. */
final class Tar implements PageReader {

    private final String file;
    private final int maxPageBytes;
    private final Rejects rejects;
    private final Metered bytes;
    private final TarArchiveInputStream tar;
    private String place = "at its start";
    private long entrySize;
    private boolean any;
    private boolean ended;

    Tar(Path file, int maxPageBytes, long maxArchiveBytes, Rejects rejects) throws IOException {
        this.file = file.toString();
        this.maxPageBytes = maxPageBytes;
        this.rejects = rejects;
        Places.requireReadable(file);
        InputStream in = InputBytes.open(file);
        boolean packed = !this.file.toLowerCase(Locale.ROOT).endsWith(".tar");
        bytes = new Metered(packed ? new Gunzip(in, 0) : new BufferedInputStream(in), maxArchiveBytes);
        tar = new TarArchiveInputStream(bytes, StandardCharsets.UTF_8.name());
    }

    @Override
    public @Nullable Page next() {
        while (!ended) {
            try {
                bytes.allow(Math.min(entrySize, Long.MAX_VALUE / 2)
                        + Metered.HEADER_BYTES); // what is left of the last entry, and the next header
                TarArchiveEntry entry = tar.getNextEntry();
                bytes.allow(Long.MAX_VALUE);
                if (entry == null) {
                    finish();
                    break;
                }
                entrySize = Math.max(0, entry.getSize());
                String name = Rejection.oneLine(entry.getName());
                name = name.startsWith("./") ? name.substring(2) : name;
                place = "at " + name;
                if (entry.isDirectory() || entry.isSymbolicLink() || entry.isLink() || !WebPages.isPage(name)) {
                    continue;
                }
                any = true;
                String source = file + "!/" + name;
                try {
                    Page page = WebPages.page(source, Metered.readAll(tar, maxPageBytes), rejects);
                    if (page != null) {
                        return page;
                    }
                } catch (Metered.TooManyBytes e) {
                    if (bytes.isExhausted()) {
                        throw e;
                    }
                    rejects.accept(new Rejection(source, "", ReadFaults.reason(e)));
                }
            } catch (IOException | IllegalArgumentException e) {
                stop(e);
            }
        }
        return null;
    }

    /** Reads what follows the last entry, so that the checksum of a gzipped archive is compared. */
    private void finish() throws IOException {
        ended = true;
        place = "after its last entry";
        bytes.skip(Long.MAX_VALUE);
        if (!any) {
            rejects.accept(new Rejection(file, "", "no HTML or Markdown file in this archive"));
        }
        close();
    }

    private void stop(Exception e) {
        ended = true;
        close();
        rejects.accept(new Rejection(file, place, ReadFaults.reason(e) + "; the rest is not read"));
    }

    @Override
    public void close() {
        ReadFaults.closeQuietly(tar);
    }
}
