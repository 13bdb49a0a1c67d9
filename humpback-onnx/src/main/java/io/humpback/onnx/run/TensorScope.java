package io.humpback.onnx.run;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/** Tensors of the runtime that live as long as their scope: closing it closes them all, twice is harmless. */
public final class TensorScope implements AutoCloseable {

    private final OrtEnvironment environment;
    private final List<OnnxTensor> tensors = new ArrayList<>();

    public TensorScope(OrtEnvironment environment) {
        this.environment = environment;
    }

    public OnnxTensor longs(long[] values, long... shape) throws OrtException {
        return kept(OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
    }

    public OnnxTensor ints(int[] values, long... shape) throws OrtException {
        return kept(OnnxTensor.createTensor(environment, IntBuffer.wrap(values), shape));
    }

    /** {@return a tensor of the buffer's remaining numbers; a direct buffer is not copied but read and written in place} */
    public OnnxTensor floats(FloatBuffer values, long... shape) throws OrtException {
        return kept(OnnxTensor.createTensor(environment, values, shape));
    }

    /** {@return a tensor of the buffer's remaining bytes; a direct buffer is not copied but read and written in place} */
    public OnnxTensor bytes(ByteBuffer values, OnnxJavaType type, long... shape) throws OrtException {
        return kept(OnnxTensor.createTensor(environment, values, shape, type));
    }

    private OnnxTensor kept(OnnxTensor tensor) {
        tensors.add(tensor);
        return tensor;
    }

    @Override
    public void close() {
        tensors.forEach(OnnxTensor::close);
        tensors.clear();
    }
}
