package io.humpback.internal.unpack;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads Zstandard (RFC 8878) of any number of frames, with the dictionary that the first frame may hold (iipc,
 * "Zstandard Compression for WARC Files"). No read crosses the border of two frames.
 */
public final class Unzstd extends Members {

    private static final int FRAME = 0xfd2fb528;
    private static final int DICTIONARY = 0x184d2a5d;
    private static final int MAX_DICTIONARY = 64 << 20;

    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private final ByteBuffer packed = ByteBuffer.allocateDirect(1 << 14).limit(0);
    private final ByteBuffer unpacked = ByteBuffer.allocateDirect(1 << 15).limit(0);
    private long packedOffset;
    private boolean inFrame;

    /**
     * @param in compressed bytes, from the beginning of a frame; closed with this stream
     * @param offset what {@link #memberStart()} calls the first byte of {@code in}
     * @param dictionary what {@link #dictionary} gave for the beginning of the file, or null
     */
    public Unzstd(InputStream in, long offset, byte @Nullable [] dictionary) {
        super(in, offset);
        this.packedOffset = offset;
        if (dictionary != null) {
            context.loadDict(dictionary);
        }
    }

    /** {@return the dictionary at the beginning of a file, itself packed or not, or null if it has none} */
    public static byte @Nullable [] dictionary(InputStream file) throws IOException {
        ByteBuffer head = ByteBuffer.wrap(file.readNBytes(8)).order(ByteOrder.LITTLE_ENDIAN);
        if (head.remaining() < 8 || head.getInt() != DICTIONARY) {
            return null;
        }
        int size = head.getInt();
        if (size < 0 || size > MAX_DICTIONARY) {
            throw new ZipException(
                    "a dictionary of " + Integer.toUnsignedLong(size) + " bytes, expected at most " + MAX_DICTIONARY);
        }
        byte[] dictionary = file.readNBytes(size);
        if (dictionary.length < 4
                || ByteBuffer.wrap(dictionary).order(ByteOrder.LITTLE_ENDIAN).getInt() != FRAME) {
            return dictionary;
        }
        byte[] unpacked;
        try (Unzstd frame = new Unzstd(new ByteArrayInputStream(dictionary), 0, null)) {
            unpacked = frame.readNBytes(MAX_DICTIONARY + 1);
        }
        if (unpacked.length > MAX_DICTIONARY) {
            throw new ZipException("a dictionary of more than " + MAX_DICTIONARY + " bytes");
        }
        return unpacked;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!unpacked.hasRemaining()) {
            if (!packed.hasRemaining() && !fill()) {
                if (inFrame) {
                    throw new EOFException("zstd frame at byte " + memberStart + " ends early");
                }
                return -1;
            }
            if (!inFrame) {
                memberStart = packedOffset - packed.remaining();
                inFrame = true;
            }
            unpack();
        }
        int n = Math.min(length, unpacked.remaining());
        unpacked.get(bytes, offset, n);
        return n;
    }

    private void unpack() throws IOException {
        unpacked.clear();
        try {
            inFrame = !context.decompressDirectByteBufferStream(unpacked, packed);
        } catch (ZstdException e) {
            unpacked.limit(0);
            throw new ZipException("zstd frame at byte " + memberStart + " is damaged: " + e.getMessage());
        }
        unpacked.flip();
    }

    private boolean fill() throws IOException {
        byte[] block = new byte[packed.capacity()];
        int n = in.read(block);
        packed.clear().put(block, 0, Math.max(0, n)).flip();
        packedOffset += Math.max(0, n);
        return n > 0;
    }

    @Override
    public void end() {
        context.close();
    }
}
