package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The inputs of one run of a graph of whole generations by their names, and what comes of it. */
final class NamedTensors {

    /** A divisor of logits that is no 0 as a float. */
    private static final double COLDEST = 1e-30;

    private final TensorScope tensors;
    private final Map<String, OnnxTensor> byName = new HashMap<>();

    NamedTensors(TensorScope tensors) {
        this.tensors = tensors;
    }

    Map<String, OnnxTensor> byName() {
        return byName;
    }

    void longs(String name, long[] values, long... shape) throws OrtException {
        byName.put(name, tensors.longs(values, shape));
    }

    void ints(String name, int[] values, long... shape) throws OrtException {
        byName.put(name, tensors.ints(values, shape));
    }

    private void floats(String name, float[] values, long... shape) throws OrtException {
        byName.put(name, tensors.floats(FloatBuffer.wrap(values), shape));
    }

    /** How to sample from a vocabulary, with noise [steps, sequences] and a limit for each sequence. */
    void sampling(Sampling sampling, int vocabulary, float[][] noise, long[] limits, Set<Integer> ends)
            throws OrtException {
        boolean greedy = sampling.isGreedy();
        boolean all = sampling.topK() == 0 || sampling.topK() > vocabulary;
        float[] flat = new float[noise.length * limits.length];
        for (int step = 0; step < noise.length; step++) {
            System.arraycopy(noise[step], 0, flat, step * limits.length, limits.length);
        }
        long[] endIds = ends.isEmpty()
                ? new long[] {-1}
                : ends.stream().mapToLong(Integer::longValue).toArray();
        double temperature = Math.min(Math.max(sampling.temperature(), COLDEST), Float.MAX_VALUE);
        floats("noise", flat, noise.length, limits.length);
        longs("limits", limits, limits.length);
        longs("ends", endIds, endIds.length);
        long topK = greedy ? 1 : all ? vocabulary : sampling.topK();
        longs("top_k", new long[] {topK}, 1);
        longs("candidates", new long[] {Math.min(topK, LoopDecoder.CANDIDATES)}, 1);
        floats("temperature", new float[] {greedy ? 1 : (float) temperature});
        floats("top_p", new float[] {(float) sampling.topP()});
        floats("min_p", new float[] {(float) sampling.minP()});
    }

    static float[] floats(OrtSession.Result result, String name) throws OrtException {
        FloatBuffer buffer = tensor(result, name).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    static long[] longs(OrtSession.Result result, String name) throws OrtException {
        LongBuffer buffer = tensor(result, name).getLongBuffer();
        long[] values = new long[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private static OnnxTensor tensor(OrtSession.Result result, String name) {
        return (OnnxTensor) result.get(name).orElseThrow();
    }

    /** Refuses what no token can be chosen from. */
    static void checkLargest(float logit) {
        if (!Float.isFinite(logit)) {
            throw new ModelException("logits: the largest is " + logit + ", expected a finite number");
        }
    }
}
