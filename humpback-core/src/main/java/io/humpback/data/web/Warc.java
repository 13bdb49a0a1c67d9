package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.Gunzip;
import io.humpback.internal.ReadFaults;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.netpreserve.jwarc.HttpResponse;
import org.netpreserve.jwarc.MediaType;
import org.netpreserve.jwarc.WarcCaptureRecord;
import org.netpreserve.jwarc.WarcCompression;
import org.netpreserve.jwarc.WarcConversion;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResource;
import org.netpreserve.jwarc.WarcResponse;

/**
 * The HTML responses and resources of a web archive (ISO 28500), plain or gzipped. After a damaged record reading goes
 * on at the next place where a record can be read. The records of a WET file are plain text without headers and are
 * rejected one by one.
 */
final class Warc implements PageReader {

    /** Places that look like a record and are none; real damage has fewer, a file made to be slow has more. */
    private static final int MAX_FALSE_STARTS = 1000;

    private final String file;
    private final int maxPageBytes;
    private final Rejects rejects;
    private final FileChannel channel;
    private final boolean packed;
    private long bytesLeft;
    private int falseStarts;
    private boolean any;

    private @Nullable Opening opening;
    private @Nullable WarcRecord record;
    private boolean ahead;

    /** The file from an offset on. */
    private static final class Opening {
        private final long offset;
        private final @Nullable Gunzip gunzip;
        private final Metered bytes;
        private @Nullable WarcReader reader;

        Opening(InputStream in, long offset, boolean packed, long maxBytes) {
            this.offset = offset;
            gunzip = packed ? new Gunzip(in, offset) : null;
            bytes = new Metered(gunzip != null ? gunzip : new BufferedInputStream(in), maxBytes);
        }

        /** {@return the reader of the records; the first call reads the file's first bytes} */
        WarcReader reader() throws IOException {
            if (reader == null) {
                bytes.allow(Metered.HEADER_BYTES);
                reader = new WarcReader(Channels.newChannel(bytes));
                if (reader.compression() != WarcCompression.NONE) {
                    throw new IOException("compressed twice or not with gzip, expected WARC records, plain or gzipped");
                }
            }
            return reader;
        }

        /** {@return where the present record begins in the file} */
        long position() {
            return gunzip != null ? gunzip.memberStart() : offset + (reader == null ? 0 : reader.position());
        }
    }

    Warc(Path path, int maxPageBytes, long maxArchiveBytes, Rejects rejects) throws IOException {
        this.file = path.toString();
        this.maxPageBytes = maxPageBytes;
        this.rejects = rejects;
        this.bytesLeft = maxArchiveBytes;
        this.channel = FileChannel.open(path);
        ByteBuffer magic = ByteBuffer.allocate(2);
        try {
            while (magic.hasRemaining() && channel.read(magic) >= 0) {}
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        // by name or by its first bytes: either may be wrong
        packed = file.toLowerCase(Locale.ROOT).endsWith(".gz") || magic.getShort(0) == 0x1f8b;
    }

    @Override
    public @Nullable Page next() {
        while (channel.isOpen()) {
            try {
                if (!advance()) {
                    close();
                    if (!any) {
                        rejects.accept(new Rejection(file, "", "no HTML response in this web archive"));
                    }
                    return null;
                }
            } catch (IOException | RuntimeException e) {
                recover(e);
                continue;
            }
            Page page = opening == null || record == null ? null : page(opening, record);
            if (page != null) {
                return page;
            }
        }
        return null;
    }

    /** Moves to the next record; false at the end. */
    private boolean advance() throws IOException {
        if (ahead) { // the record was found after damage, and is not used yet
            ahead = false;
            return true;
        }
        Opening in = opening == null ? open(0) : opening;
        WarcReader reader = in.reader();
        if (record != null) {
            record.body().consume();
        }
        in.bytes.allow(Metered.HEADER_BYTES);
        Optional<WarcRecord> next = reader.next();
        in.bytes.allow(Long.MAX_VALUE);
        record = next.orElse(null);
        // a record that begins where the input has ended was read from what lay in the reader's buffer
        return record != null && reader.position() < in.bytes.total();
    }

    private Opening open(long at) throws IOException {
        release();
        channel.position(at);
        Opening opened = new Opening(Channels.newInputStream(channel), at, packed, bytesLeft);
        opening = opened;
        return opened;
    }

    /** Forgets the present opening; the file itself stays open. */
    private void release() {
        if (opening != null) {
            bytesLeft -= opening.bytes.total();
            if (opening.gunzip != null) {
                opening.gunzip.end();
            }
        }
        opening = null;
        record = null;
    }

    /** The page of a record, or null if it is none or was rejected. */
    private @Nullable Page page(Opening in, WarcRecord record) {
        if (!(record instanceof WarcCaptureRecord || record instanceof WarcConversion)) {
            return null;
        }
        String source = "";
        try {
            source = record.headers()
                    .first("WARC-Target-URI")
                    .orElseThrow(() -> new IOException("no WARC-Target-URI, expected one"));
            if (record instanceof WarcConversion) {
                any = true;
                throw new IOException("a plain-text conversion without headers, expected an HTML response");
            }
            Page page = null;
            if (record instanceof WarcResponse response
                    && response.contentType().base().equals(MediaType.HTTP)) {
                in.bytes.allow(Metered.HEADER_BYTES);
                HttpResponse http = response.http();
                in.bytes.allow(Long.MAX_VALUE);
                if (http.status() == 200) {
                    page = page(record, source, http.contentType(), decoded(http));
                }
            } else if (record instanceof WarcResource resource) {
                page = page(record, source, resource.contentType(), resource.body().stream());
            }
            return page;
        } catch (IOException | RuntimeException e) {
            long at = in.position();
            String of = source.isEmpty() ? file : file + "!/" + source;
            skipRest(in, record, at);
            rejects.accept(new Rejection(of, "record at byte " + at, ReadFaults.reason(e)));
            return null;
        }
    }

    private @Nullable Page page(WarcRecord record, String source, MediaType type, InputStream body) throws IOException {
        if (!type.base().equals(MediaType.HTML) && !type.base().equals(MediaType.XHTML)) {
            return null;
        }
        any = true;
        String cut = record.headers().first("WARC-Truncated").orElse("");
        if (!cut.isEmpty()) {
            throw new IOException("cut short by the crawler (" + cut + ")");
        }
        try (body) {
            byte[] html = Metered.readAll(body, maxPageBytes);
            return new Page(Rejection.oneLine(source), html, type.parameters().get("charset"));
        }
    }

    /** The body without its HTTP content encoding. */
    private static InputStream decoded(HttpResponse http) throws IOException {
        String encoding =
                http.headers().first("Content-Encoding").orElse("identity").strip();
        InputStream body = http.body().stream();
        return switch (encoding.toLowerCase(Locale.ROOT)) {
            case "", "identity", "none" -> body;
            case "gzip", "x-gzip" -> new Gunzip(body, 0);
            case "deflate" -> new InflaterInputStream(body);
            default -> throw new IOException("content encoding " + encoding + ", expected gzip, deflate or none");
        };
    }

    /** Passes over the body of a rejected record; what is damaged there has been reported with it. */
    private void skipRest(Opening in, WarcRecord record, long at) {
        try {
            in.bytes.allow(Long.MAX_VALUE);
            record.body().consume();
        } catch (IOException | RuntimeException e) {
            resume(at);
        }
    }

    private void recover(Exception e) {
        long at = opening == null ? 0 : opening.position();
        boolean tooLarge = e instanceof Metered.TooManyBytes && opening != null && opening.bytes.isExhausted();
        rejects.accept(new Rejection(
                file, "record at byte " + at, ReadFaults.reason(e) + (tooLarge ? "; the rest is not read" : "")));
        if (tooLarge) {
            close();
        } else {
            resume(at);
        }
    }

    /** Opens the file again at the next place after {@code at} where a record can be read; ends it if there is none. */
    private void resume(long at) {
        byte[] start = (packed ? "\u001f\u008b\b" : "\nWARC/").getBytes(StandardCharsets.ISO_8859_1);
        int lead = packed ? 0 : 1;
        try {
            long found = at + 1 - lead;
            while (falseStarts < MAX_FALSE_STARTS && (found = find(start, found)) >= 0) {
                try {
                    open(found + lead);
                    if (advance()) {
                        ahead = true;
                        return;
                    }
                } catch (IOException | RuntimeException e) {
                    // no record here: part of the damage that has been reported
                }
                falseStarts++;
                found++;
            }
        } catch (IOException e) {
            rejects.accept(new Rejection(file, "after byte " + at, ReadFaults.reason(e) + "; the rest is not read"));
        }
        any = true; // there was something to reject
        close();
    }

    /** Offset of the next occurrence of some bytes in the file, from an offset on; -1 if there is none. */
    private long find(byte[] wanted, long from) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(1 << 16);
        while (true) {
            block.clear();
            while (block.hasRemaining() && channel.read(block, from + block.position()) > 0) {}
            int last = block.position() - wanted.length;
            for (int i = 0; i <= last; i++) {
                if (Arrays.equals(block.array(), i, i + wanted.length, wanted, 0, wanted.length)) {
                    return from + i;
                }
            }
            if (block.hasRemaining()) {
                return -1;
            }
            from += last + 1;
        }
    }

    @Override
    public void close() {
        release();
        ReadFaults.closeQuietly(channel);
    }
}
