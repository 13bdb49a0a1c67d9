package io.humpback.internal.unpack;

import io.humpback.internal.FileKind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Reads gzip (RFC 1952) of any number of members. Unlike {@link java.util.zip.GZIPInputStream} it reports rubbish after a
 * member as a fault and not as the end. Unlike the stream of commons-compress it accepts zeros as padding after the last
 * member, and no read crosses the border of two members, so that {@link #memberStart()} belongs to what was read.
 */
public final class Gunzip extends Members {

    /** What any file may unpack to, in bytes; only beyond is it asked how many times its size that is. */
    private static final long FREE = 64L << 20;

    private final long maxExpansion;
    private long unpacked;
    private long packed;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long limitOffset;
    private boolean inMember;
    private boolean first = true;

    /**
     * @param in compressed bytes; closed with this stream
     * @param offset what {@link #memberStart()} calls the first byte of {@code in}
     */
    public Gunzip(InputStream in, long offset) {
        this(in, offset, Long.MAX_VALUE);
    }

    /**
     * @param in compressed bytes; closed with this stream
     * @param offset what {@link #memberStart()} calls the first byte of {@code in}
     * @param maxExpansion how many bytes may come of each byte read, beyond 64 MiB
     */
    public Gunzip(InputStream in, long offset, long maxExpansion) {
        super(in, offset);
        this.maxExpansion = maxExpansion;
        this.limitOffset = offset;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (!inMember && !startMember()) {
                return -1;
            }
            try {
                int n = inflater.inflate(bytes, offset, length);
                if (n > 0) {
                    crc.update(bytes, offset, n);
                    unpacked += n;
                    if (unpacked > FREE && unpacked / maxExpansion > packed) {
                        throw new IOException("unpacks to more than " + maxExpansion + " times its size, at byte "
                                + unpacked + ", expected less");
                    }
                    return n;
                }
            } catch (DataFormatException e) {
                throw new ZipException("gzip member at byte " + memberStart + " is damaged: " + e.getMessage());
            }
            if (inflater.finished()) {
                endMember();
            } else if (inflater.needsDictionary()) {
                throw new ZipException("gzip member at byte " + memberStart + " asks for a dictionary");
            } else if (inflater.needsInput()) {
                if (!fill()) {
                    throw new EOFException("gzip member at byte " + memberStart + " ends early");
                }
                inflater.setInput(buffer, position, limit - position);
                position = limit;
            }
        }
    }

    /** Reads a member's header; false at the end of the input. Zero bytes between and after members are padding. */
    private boolean startMember() throws IOException {
        while (fill() && !first && buffer[position] == 0) {
            position++;
        }
        if (position == limit && !first) {
            return false;
        }
        memberStart = limitOffset - (limit - position);
        int[] header = new int[10]; // magic 2, method, flags, time 4, extra flags, system
        for (int i = 0; i < header.length; i++) {
            header[i] = next();
            if (i == 3 && (header[0] != 0x1f || header[1] != 0x8b || header[2] != 8 || (header[3] & 0xe0) != 0)) {
                throw new ZipException("byte " + memberStart + ": expected a gzip member, found " + kind(header));
            }
        }
        int flags = header[3];
        if ((flags & 4) != 0) {
            for (int rest = next() | next() << 8; rest > 0; rest--) {
                next();
            }
        }
        for (int field = 8; field <= 16; field *= 2) { // file name, comment
            while ((flags & field) != 0 && next() != 0) {}
        }
        if ((flags & 2) != 0) {
            next();
            next();
        }
        first = false;
        inMember = true;
        crc.reset();
        inflater.reset();
        return true;
    }

    /** What stands in the place of a member, of which four bytes were read. */
    private String kind(int[] header) {
        byte[] head = new byte[FileKind.HEAD];
        for (int i = 0; i < 4; i++) {
            head[i] = (byte) header[i];
        }
        System.arraycopy(buffer, position, head, 4, Math.min(limit - position, head.length - 4));
        String kind = FileKind.of(head);
        return kind == null ? "something else" : kind;
    }

    private void endMember() throws IOException {
        position = limit - inflater.getRemaining();
        long sum = nextInt();
        long size = nextInt();
        if (sum != crc.getValue() || size != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new ZipException(
                    "gzip member at byte " + memberStart + " is damaged: its checksum or length differs");
        }
        inMember = false;
    }

    private long nextInt() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private int next() throws IOException {
        if (!fill()) {
            throw new EOFException("gzip member at byte " + memberStart + " ends early");
        }
        return buffer[position++] & 0xff;
    }

    private boolean fill() throws IOException {
        if (position < limit) {
            return true;
        }
        position = 0;
        limit = Math.max(0, in.read(buffer));
        limitOffset += limit;
        packed += limit;
        return limit > 0;
    }

    @Override
    public void end() {
        inflater.end();
    }
}
