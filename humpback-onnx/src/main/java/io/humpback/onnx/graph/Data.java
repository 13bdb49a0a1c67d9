package io.humpback.onnx.graph;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** The bytes of a weight, computed on demand, so that a large model need not be in memory twice. */
@FunctionalInterface
public interface Data {

    /**
     * Writes all bytes, little-endian, in row-major order.
     *
     * @param channel takes exactly the weight's number of bytes
     * @throws IOException if reading their source or writing fails
     */
    void writeTo(WritableByteChannel channel) throws IOException;
}
