package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.ReadFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** The web archives in a WACZ file (Webrecorder), a zip archive, one after another. */
final class Wacz implements PageReader {

    private final String file;
    private final int maxPageBytes;
    private final Rejects rejects;
    private final ZipFile zip;
    private final Iterator<? extends ZipEntry> entries;
    private long bytesLeft;
    private @Nullable Warc current;
    private boolean any;

    Wacz(Path path, int maxPageBytes, long maxArchiveBytes, Rejects rejects) throws IOException {
        this.file = path.toString();
        this.maxPageBytes = maxPageBytes;
        this.rejects = rejects;
        this.bytesLeft = maxArchiveBytes;
        this.zip = new ZipFile(path.toFile());
        this.entries = zip.stream()
                .filter(entry -> !entry.isDirectory() && Warc.isNamed(entry.getName()))
                .iterator();
    }

    @Override
    public @Nullable Page next() {
        while (true) {
            Page page = current == null ? null : current.next();
            if (page != null) {
                return page;
            }
            if (current != null) {
                current.close();
                bytesLeft = current.bytesLeft();
                current = null;
            }
            if (!entries.hasNext()) {
                if (!any) {
                    any = true;
                    rejects.accept(new Rejection(file, "", "no web archive in this zip archive"));
                }
                return null;
            }
            any = true;
            ZipEntry entry = entries.next();
            String name = file + "!/" + Rejection.oneLine(entry.getName());
            try {
                current = new Warc(name, new Unzipped(entry, bytesLeft), maxPageBytes, bytesLeft, rejects);
            } catch (IOException e) {
                rejects.accept(new Rejection(name, "", ReadFaults.reason(e)));
            }
        }
    }

    /** One entry; where it is not stored as it is, going back costs as many bytes as it unpacks. */
    private final class Unzipped implements Warc.Source {
        private final ZipEntry entry;
        private long maxSkipped;

        Unzipped(ZipEntry entry, long maxSkipped) {
            this.entry = entry;
            this.maxSkipped = maxSkipped;
        }

        @Override
        public InputStream from(long offset) throws IOException {
            maxSkipped -= entry.getMethod() == ZipEntry.STORED ? 0 : offset;
            if (maxSkipped < 0) {
                throw new IOException("too much damage in a packed entry of a zip archive");
            }
            InputStream in = zip.getInputStream(entry);
            in.skipNBytes(offset);
            return in;
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
        }
        ReadFaults.closeQuietly(zip);
    }
}
