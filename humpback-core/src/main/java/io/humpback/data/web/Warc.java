package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.web.encoding.Encoding;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.reading.InputBytes;
import io.humpback.internal.unpack.Gunzip;
import io.humpback.internal.unpack.Members;
import io.humpback.internal.unpack.Unzstd;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The HTML responses and resources of a web archive, WARC or ARC, plain or packed with gzip or Zstandard record by
 * record. After a damaged record reading goes on at the next place where a record can be read; each damaged record
 * between is rejected where it can be told. The records of a WET file are plain text without headers and are rejected
 * one by one.
 */
final class Warc implements PageReader {

    /** Damaged records in a row, or places that look like one: a file made to be slow has more. */
    private static final int MAX_FALSE_STARTS = 1000;

    private static final Pattern HTML =
            Pattern.compile("(?i)[\\s\"']*(?:text/(?:x-?)?html?|application/(?:xhtml\\+xml|html))(?:[^a-z0-9+.-].*)?");
    private static final Pattern XML = Pattern.compile("(?i)[\\s\"']*(?:application/(?:xhtml\\+)?xml|text/xml).*");

    /** Types that do not say whether this is a page (WHATWG, MIME Sniffing), and what is no type. */
    private static final Pattern UNKNOWN = Pattern.compile(
            "(?i)\\s*(?:|[^/]*|\\*/\\*|(?:unknown|application|content)/unknown|application/(?:octet-stream|xml)|text/xml)\\s*(?:;.*)?");

    private static final Pattern LOOKS_LIKE_HTML = Pattern.compile(
            "(?is)\\A(?:\ufeff|\u00ef\u00bb\u00bf)?\\s*+(?:<\\?xml[^>]*+>\\s*+)?(?:<!--.*?-->\\s*+)*+"
                    + "<(?:!doctype\\s+html|(?:html|head|body|title|meta|script|style|h1|div|p|table|a|b|br|font|iframe)[\\s>]).*");

    /** What an archive is read from, at any place. */
    interface Source extends Closeable {
        /** {@return the bytes from an offset on} */
        InputStream from(long offset) throws IOException;
    }

    private enum Packing {
        NONE("\nWARC"),
        ARC("\nhttp"),
        GZIP("\u001f\u008b\b"),
        ZSTD("(\u00b5/\u00fd");

        /** How a record begins in the file. */
        private final byte[] start;

        Packing(String start) {
            this.start = start.getBytes(StandardCharsets.ISO_8859_1);
        }

        /** Bytes of the start that belong to the record before. */
        int lead() {
            return this == NONE || this == ARC ? 1 : 0;
        }
    }

    private final String file;
    private final int maxPageBytes;
    private final Rejects rejects;
    private final Source source;
    private final Packing packing;
    private final byte @Nullable [] dictionary;
    private long bytesLeft;
    private boolean any;
    private boolean closed;

    private @Nullable Opening opening;
    private WarcRecords.@Nullable Entry record;
    private boolean ahead;

    /** The file from an offset on. */
    private static final class Opening {
        private final long offset;
        private final @Nullable Members members;
        private final Metered bytes;
        private final WarcRecords records;

        Opening(InputStream in, long offset, @Nullable Members members, long maxBytes) {
            this.offset = offset;
            this.members = members;
            bytes = new Metered(members != null ? members : new BufferedInputStream(in), maxBytes);
            records = new WarcRecords(bytes);
        }

        /** {@return where the present record begins in the file} */
        long position() {
            return members != null ? members.memberStart() : offset + records.start();
        }
    }

    /** {@return whether a name is that of a web archive} */
    static boolean isNamed(String name) {
        return name.toLowerCase(Locale.ROOT).matches("(?s).*\\.(?:warc|wet|arc)(?:\\.gz|\\.zst)?");
    }

    /** {@return a file of which any part can be read} */
    static Source source(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        return new Source() {
            @Override
            public InputStream from(long offset) {
                return new InputStream() {
                    private long at = offset;

                    @Override
                    public int read() throws IOException {
                        byte[] one = new byte[1];
                        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                    }

                    @Override
                    public int read(byte[] bytes, int from, int length) throws IOException {
                        int n = channel.read(ByteBuffer.wrap(bytes, from, length), at);
                        at += Math.max(0, n);
                        InputBytes.add(n);
                        return n;
                    }
                };
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    /** @param file what the archive is called in what is said of it */
    Warc(String file, Source source, int maxPageBytes, long maxArchiveBytes, Rejects rejects) throws IOException {
        this.file = file;
        this.source = source;
        this.maxPageBytes = maxPageBytes;
        this.rejects = rejects;
        this.bytesLeft = maxArchiveBytes;
        try {
            packing = packing(source.from(0).readNBytes(9));
            dictionary = packing == Packing.ZSTD ? Unzstd.dictionary(source.from(0)) : null;
        } catch (IOException e) {
            source.close();
            throw e;
        }
    }

    /** How a file is packed by its first bytes, else by its name: either may be wrong. */
    private Packing packing(byte[] start) {
        String begin = new String(start, StandardCharsets.ISO_8859_1);
        String name = file.toLowerCase(Locale.ROOT);
        if (begin.startsWith("filedesc:")) {
            return Packing.ARC;
        } else if (begin.startsWith("WARC/")) {
            return Packing.NONE;
        } else if (begin.startsWith("\u001f\u008b")) {
            return Packing.GZIP;
        } else if (begin.matches("(?s)(?:\\(\u00b5/\u00fd|[P-_]\\*M\u0018).*")) {
            return Packing.ZSTD;
        }
        return name.endsWith(".gz") ? Packing.GZIP : name.endsWith(".zst") ? Packing.ZSTD : Packing.NONE;
    }

    /** Bytes that may still be read. */
    long bytesLeft() {
        return bytesLeft;
    }

    @Override
    public @Nullable Page next() {
        while (!closed) {
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
        record = in.records.next();
        return record != null;
    }

    private Opening open(long at) throws IOException {
        release();
        InputStream in = source.from(at);
        Members members =
                switch (packing) {
                    case GZIP -> new Gunzip(in, at);
                    case ZSTD -> new Unzstd(in, at, dictionary);
                    default -> null;
                };
        Opening opened = new Opening(in, at, members, bytesLeft);
        opening = opened;
        return opened;
    }

    /** Forgets the present opening; the file itself stays open. */
    private void release() {
        if (opening != null) {
            bytesLeft = Math.max(0, bytesLeft - opening.bytes.total());
            if (opening.members != null) {
                opening.members.end();
            }
        }
        opening = null;
        record = null;
    }

    /** The page of a record, or null if it is none or was rejected. */
    private @Nullable Page page(Opening in, WarcRecords.Entry record) {
        boolean response = record.type().equals("response");
        boolean text = record.type().equals("conversion");
        if (!response && !text && !record.type().equals("resource")) {
            return null;
        }
        long at = in.position();
        String uri = record.uri();
        try {
            if (uri.isEmpty()) {
                throw new IOException("no WARC-Target-URI, expected one");
            }
            if (text) {
                any = true;
                throw new IOException("a plain-text conversion without headers, expected an HTML response");
            }
            String type = record.first("content-type");
            boolean http = type.toLowerCase(Locale.ROOT).contains("/http") || type.isEmpty() && uri.startsWith("http");
            if (!response || !http) {
                return page(record, List.of(type), new HttpResponse(200, record.fields(), record.body()));
            }
            in.bytes.allow(Metered.HEADER_BYTES);
            HttpResponse sent = HttpResponse.of(record.body());
            in.bytes.allow(Long.MAX_VALUE);
            List<String> types = sent.fields().getOrDefault("content-type", List.of(record.first("arc-content-type")));
            return sent.status() == 200 ? page(record, types, sent) : null;
        } catch (IOException | RuntimeException e) {
            String of = uri.isEmpty() ? file : file + "!/" + Rejection.oneLine(uri);
            rejects.accept(new Rejection(of, "record at byte " + at, ReadFaults.reason(e)));
            skipRest(in, at);
            return null;
        }
    }

    private @Nullable Page page(WarcRecords.Entry record, List<String> types, HttpResponse http) throws IOException {
        boolean html = types.stream().anyMatch(type -> HTML.matcher(type).matches())
                || HTML.matcher(record.first("warc-identified-payload-type")).matches();
        if (!html && !types.stream().allMatch(type -> UNKNOWN.matcher(type).matches())) {
            return null;
        }
        byte[] content;
        try {
            content = content(record, http, html);
        } catch (IOException | RuntimeException e) {
            if (html || e instanceof Metered.TooManyBytes && opening != null && opening.bytes.isExhausted()) {
                throw e;
            }
            return null; // nothing says that it is a page
        }
        String start = new String(content, 0, Math.min(content.length, 1024), StandardCharsets.ISO_8859_1);
        if (!html && !LOOKS_LIKE_HTML.matcher(start).matches()) {
            return null;
        }
        any = true;
        boolean xml = types.stream().anyMatch(type -> XML.matcher(type).matches());
        return new Page(Rejection.oneLine(record.uri()), content, label(types), xml);
    }

    private byte[] content(WarcRecords.Entry record, HttpResponse http, boolean html) throws IOException {
        any |= html;
        String cut = record.first("warc-truncated");
        if (!cut.isEmpty()) {
            throw new IOException("cut short by the crawler (" + Rejection.oneLine(cut) + ")");
        }
        return http.content(maxPageBytes);
    }

    private static @Nullable String label(List<String> types) {
        for (String type : types) {
            String label = Encoding.labelIn(type);
            if (label != null) {
                return label;
            }
        }
        return null;
    }

    /** Passes over the body of a rejected record; what is damaged there has been reported with it. */
    private void skipRest(Opening in, long at) {
        try {
            in.bytes.allow(Long.MAX_VALUE);
            in.records.skipRest();
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

    /**
     * Opens the file again at the next place after {@code at} where a record can be read; ends it if there is none. What
     * begins as a record does and cannot be read is another damaged one.
     */
    private void resume(long at) {
        any = true; // there was something to reject
        int lead = packing.lead();
        int heads = 0; // since the last beginning of a record
        int tried = 0;
        try (ByteSearch search = new ByteSearch(source.from(at + 1 - lead), at + 1 - lead, packing.start)) {
            for (long found = search.next(); found >= 0 && bytesLeft > 0; found = search.next()) {
                byte[] begin = search.found(16);
                String fault = "";
                if (isHead(begin)) {
                    fault = ++heads > 1 ? "no line such as WARC/1.0 before this one" : "";
                } else if (mayBegin(begin)) {
                    heads = 0;
                    if (++tried > MAX_FALSE_STARTS) {
                        throw new IOException(MAX_FALSE_STARTS + " records in a row that cannot be read");
                    }
                    try {
                        open(found + lead);
                        if (advance()) {
                            ahead = true;
                            return;
                        }
                    } catch (IOException | RuntimeException e) {
                        fault = packing == Packing.ARC ? "" : ReadFaults.reason(e);
                    }
                }
                if (!fault.isEmpty()) {
                    rejects.accept(new Rejection(file, "record at byte " + (found + lead), fault));
                }
            }
        } catch (IOException e) {
            rejects.accept(new Rejection(file, "after byte " + at, ReadFaults.reason(e) + "; the rest is not read"));
        }
        close();
    }

    /** Whether a line tells the type of a record, as one does in each. */
    private boolean isHead(byte[] begin) {
        return packing == Packing.NONE
                && new String(begin, StandardCharsets.ISO_8859_1).regionMatches(true, 1, "WARC-Type:", 0, 10);
    }

    /** Whether it is likely that a record begins, and no accident in the bytes of another. */
    private boolean mayBegin(byte[] begin) {
        String text = new String(begin, StandardCharsets.ISO_8859_1);
        return switch (packing) {
            case NONE -> text.startsWith("\nWARC/");
            case GZIP -> // no reserved flag, a kind of compression and a system that there are
                text.matches("(?s).{3}[\\x00-\\x1f].{4}[\\x00\\x02\\x04][\\x00-\\x0d\u00ff].*");
            default -> true;
        };
    }

    @Override
    public void close() {
        release();
        closed = true;
        ReadFaults.closeQuietly(source);
    }
}
