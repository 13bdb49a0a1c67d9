package io.humpback.examples.cli.resume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The whole lines of a file from its beginning; what has no line end is none. */
final class Lines {

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);
    private byte[] line = new byte[1024];
    private long position;

    Lines(FileChannel channel) throws IOException {
        this.channel = channel;
        channel.position(0);
    }

    /** {@return the next line without its end, or null after the last one} */
    byte @Nullable [] next() throws IOException {
        int length = 0;
        while (true) {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int read = channel.read(buffer);
                buffer.flip();
                if (read <= 0) {
                    return null;
                }
            }
            byte next = buffer.get();
            if (next == '\n') {
                position += length + 1;
                return Arrays.copyOf(line, length);
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length++] = next;
        }
    }

    /** {@return bytes of the lines so far} */
    long position() {
        return position;
    }
}
