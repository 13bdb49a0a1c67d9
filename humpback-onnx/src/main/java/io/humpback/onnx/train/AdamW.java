package io.humpback.onnx.train;

import io.humpback.onnx.run.OnnxRuntime;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101), as PyTorch computes it, over
 * parameters in host memory. Results do not depend on the number of threads. Not thread-safe.
 */
public final class AdamW implements AutoCloseable {

    /** Numbers that one task updates: with their gradients and moments they stay in a core's cache. */
    private static final int CHUNK = 4096;

    private final List<Slot> slots = new ArrayList<>();
    private final List<Chunk> chunks = new ArrayList<>();
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final double decay;
    private final ForkJoinPool pool;
    private long steps;

    /** A parameter with its moments: the running mean of its gradients, and that of their squares. */
    public record Slot(Parameter parameter, FloatBuffer first, FloatBuffer second) {}

    private record Chunk(Slot slot, int at, int length) {}

    /**
     * An optimizer whose moments are zero.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon addend to the root of the second moment
     * @param decay weight decay, of the parameters it applies to
     * @param threads how many work in parallel; 0 for one a core
     */
    public AdamW(List<Parameter> parameters, double beta1, double beta2, double epsilon, double decay, int threads) {
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.decay = decay;
        for (Parameter parameter : parameters) {
            Slot slot = new Slot(parameter, OnnxRuntime.direct(parameter.size()), OnnxRuntime.direct(parameter.size()));
            slots.add(slot);
            for (int at = 0; at < parameter.size(); at += CHUNK) {
                chunks.add(new Chunk(slot, at, Math.min(CHUNK, parameter.size() - at)));
            }
        }
        pool = new ForkJoinPool(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }

    /** {@return parameters with their moments, in the order they were given in} */
    public List<Slot> slots() {
        return List.copyOf(slots);
    }

    /** {@return how many steps have been made} */
    public long steps() {
        return steps;
    }

    /** Continues after a number of steps, whose moments have been put into the {@link #slots}. */
    public void resume(long stepsMade) {
        steps = stepsMade;
    }

    /** {@return the norm of all gradients together, summed in double precision} */
    public double gradientNorm() {
        double[] squares = new double[chunks.size()];
        inParallel(i -> {
            Chunk chunk = chunks.get(i);
            float[] gradient = Scratch.of().gradient;
            chunk.slot.parameter().gradient().get(chunk.at, gradient, 0, chunk.length);
            double sum = 0;
            for (int j = 0; j < chunk.length; j++) {
                sum += (double) gradient[j] * gradient[j];
            }
            squares[i] = sum;
        });
        double sum = 0;
        for (double square : squares) {
            sum += square;
        }
        return Math.sqrt(sum);
    }

    /** Makes a step with a learning rate and gradients that are first multiplied by a scale, and sets them to zero. */
    public void step(double rate, double scale) {
        steps++;
        float shrink = (float) (1 - rate * decay);
        float size = (float) (rate / (1 - Math.pow(beta1, steps)));
        float root = (float) Math.sqrt(1 - Math.pow(beta2, steps));
        inParallel(i -> {
            Chunk chunk = chunks.get(i);
            update(chunk, chunk.slot.parameter().decays() ? shrink : 1, size, root, (float) scale);
        });
    }

    private void update(Chunk chunk, float shrink, float size, float root, float scale) {
        Scratch scratch = Scratch.of();
        float[] p = scratch.values;
        float[] g = scratch.gradient;
        float[] m = scratch.first;
        float[] v = scratch.second;
        FloatBuffer values = chunk.slot.parameter().values();
        FloatBuffer gradient = chunk.slot.parameter().gradient();
        values.get(chunk.at, p, 0, chunk.length);
        gradient.get(chunk.at, g, 0, chunk.length);
        chunk.slot.first.get(chunk.at, m, 0, chunk.length);
        chunk.slot.second.get(chunk.at, v, 0, chunk.length);
        move(p, g, m, v, chunk.length, shrink, size, root, scale);
        values.put(chunk.at, p, 0, chunk.length);
        gradient.put(chunk.at, Scratch.ZEROS, 0, chunk.length);
        chunk.slot.first.put(chunk.at, m, 0, chunk.length);
        chunk.slot.second.put(chunk.at, v, 0, chunk.length);
    }

    /** Over plain arrays, so that the compiler uses vector instructions. */
    private void move(
            float[] p, float[] g, float[] m, float[] v, int n, float shrink, float size, float root, float scale) {
        float b1 = (float) beta1;
        float c1 = (float) (1 - beta1);
        float b2 = (float) beta2;
        float c2 = (float) (1 - beta2);
        float eps = (float) epsilon;
        for (int i = 0; i < n; i++) {
            float gradient = g[i] * scale;
            m[i] = b1 * m[i] + c1 * gradient;
            v[i] = b2 * v[i] + c2 * gradient * gradient;
            p[i] = p[i] * shrink - size * m[i] / ((float) Math.sqrt(v[i]) / root + eps);
        }
    }

    private void inParallel(IntConsumer work) {
        pool.submit(() -> IntStream.range(0, chunks.size()).parallel().forEach(work))
                .join();
    }

    /** {@return a parameter with a number that is not finite, empty if there is none} */
    public Optional<String> notFinite() {
        return chunks.stream()
                .filter(chunk -> {
                    float[] values = Scratch.of().values;
                    chunk.slot.parameter().values().get(chunk.at, values, 0, chunk.length);
                    float sum = 0;
                    for (int i = 0; i < chunk.length; i++) {
                        sum += values[i] * 0; // 0, but NaN once a value is not finite
                    }
                    return sum != 0;
                })
                .map(chunk -> chunk.slot.parameter().name())
                .findFirst();
    }

    /** Ends the threads. Idempotent. */
    @Override
    public void close() {
        pool.shutdown();
    }

    private record Scratch(float[] values, float[] gradient, float[] first, float[] second) {
        private static final float[] ZEROS = new float[CHUNK];
        private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(
                () -> new Scratch(new float[CHUNK], new float[CHUNK], new float[CHUNK], new float[CHUNK]));

        static Scratch of() {
            return OWN.get();
        }
    }
}
