package io.humpback.onnx.train;

import static java.util.Objects.requireNonNullElse;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.onnx.run.OnnxRuntime;
import io.humpback.onnx.run.TensorScope;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a graph of training, computed by ONNX Runtime. Gradients are added to in place: the memory of each is an
 * input and an output of the graph at once.
 */
public final class TrainingSession implements Objective {

    /** Names in the folder of the graph of loss and gradients, that of the loss alone, and the weights of both. */
    static final String STEP = "step.onnx";

    static final String LOSS = "loss.onnx";
    static final String WEIGHTS = "weights.bin";

    private static final String BEFORE = "gradient_before.";
    private static final String DROPOUT = "dropout_rows";

    /** Lines are padded to a multiple of it, the number of parts in which attention is computed. */
    static final int WIDTH_UNIT = 4;

    private final Path folder;
    private final int cuda;
    private final int threads;
    private final boolean lean;
    private final OrtEnvironment environment;
    private final OrtSession step;
    /** Whether a loss alone is computed with its gradients: a second session would hold the weights on a GPU twice. */
    private final boolean lossOfStep;

    private final List<Parameter> parameters;
    /** Over the parameters' memory, by the names of the graphs' inputs. */
    private final Map<String, OnnxTensor> values = new HashMap<>();

    private final Map<String, OnnxTensor> gradients = new HashMap<>();
    private final TensorScope kept;
    private @Nullable OrtSession loss;
    private boolean closed;

    private TrainingSession(Path folder, List<Parameter> parameters, int cuda, int threads, boolean lean)
            throws OrtException {
        this.folder = folder;
        this.parameters = List.copyOf(parameters);
        this.cuda = cuda;
        this.threads = threads;
        this.lean = lean;
        environment = OnnxRuntime.environment();
        kept = new TensorScope(environment);
        step = open(STEP);
        lossOfStep = cuda >= 0 && !step.getInputNames().contains(DROPOUT);
        try {
            for (Parameter parameter : parameters) {
                values.put(parameter.name(), kept.floats(whole(parameter.values()), parameter.shape()));
                gradients.put(parameter.name(), kept.floats(whole(parameter.gradient()), parameter.shape()));
            }
        } catch (OrtException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * {@return the objective of a graph of training}
     *
     * @param folder holds {@link #STEP}, {@link #LOSS} and {@link #WEIGHTS} until the session is closed
     * @param parameters as the graph names them
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param lean whether weights are kept once, as in the file, instead of packed for speed for each direction
     */
    public static TrainingSession open(Path folder, List<Parameter> parameters, int cuda, int threads, boolean lean) {
        try {
            return new TrainingSession(folder, parameters, cuda, threads, lean);
        } catch (OrtException e) {
            throw new ModelException(folder + ": ONNX Runtime cannot open it: " + OnnxRuntime.firstLine(e), e);
        }
    }

    private OrtSession open(String file) throws OrtException {
        try (OrtSession.SessionOptions options = OnnxRuntime.options(cuda, threads)) {
            if (lean) {
                options.addConfigEntry("session.disable_prepacking", "1");
            }
            // Planning memory for each shape, of which there are many, took a third more memory than no plan.
            options.setMemoryPatternOptimization(false);
            return OnnxRuntime.open(folder.resolve(file), options);
        }
    }

    private static FloatBuffer whole(FloatBuffer values) {
        return values.duplicate().clear();
    }

    @Override
    public List<Parameter> parameters() {
        return parameters;
    }

    @Override
    public double add(MicroBatch batch) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        Map<String, OnnxTensor> outputs = new HashMap<>();
        gradients.forEach((name, tensor) -> {
            inputs.put(BEFORE + name, tensor);
            outputs.put("gradient." + name, tensor);
        });
        return run(step, batch, inputs, outputs);
    }

    @Override
    public double loss(MicroBatch batch) {
        try {
            Map<String, OnnxTensor> inputs = new HashMap<>();
            if (lossOfStep) {
                gradients.forEach((name, tensor) -> inputs.put(BEFORE + name, tensor));
            } else if (loss == null && !closed) {
                loss = open(LOSS);
            }
            return run(requireNonNullElse(loss, step), batch, inputs, new HashMap<>());
        } catch (OrtException e) {
            throw new ModelException(folder + ": ONNX Runtime cannot open it: " + OnnxRuntime.firstLine(e), e);
        }
    }

    private double run(
            OrtSession session, MicroBatch batch, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        if (closed) {
            throw new IllegalStateException("the training is closed");
        }
        List<List<EncodedExample>> lines = batch.lines();
        int count = lines.size();
        int width = width(batch.width());
        long[] ids = new long[count * width];
        long[] positions = new long[count * width];
        long[] rows = new long[batch.labels()];
        long[] labels = new long[batch.labels()];
        int label = 0;
        for (int line = 0; line < count; line++) {
            int first = line * width;
            for (EncodedExample row : lines.get(line)) {
                for (int at = 0; at < row.read(); at++) {
                    ids[first + at] = row.ids()[at];
                    positions[first + at] = at;
                }
                for (int at = row.prompt(); at < row.ids().length; at++) {
                    rows[label] = (long) first + at - 1;
                    labels[label++] = row.ids()[at];
                }
                first += row.read();
            }
        }
        try (TensorScope tensors = new TensorScope(environment)) {
            inputs.putAll(values);
            FloatBuffer sum = OnnxRuntime.direct(1);
            outputs.put("loss", tensors.floats(sum));
            inputs.put("input_ids", tensors.longs(ids, count, width));
            inputs.put("position_ids", tensors.longs(positions, count, width));
            inputs.put("label_rows", tensors.longs(rows, rows.length));
            inputs.put("labels", tensors.longs(labels, labels.length, 1));
            if (session.getInputNames().contains(DROPOUT)) {
                inputs.put(DROPOUT, tensors.floats(noise(batch.noise(), count * width), count * width, 1));
            }
            session.run(inputs, Set.of(), outputs).close();
            return sum.get(0);
        } catch (OrtException e) {
            throw new ModelException(
                    "training on " + count + " lines of " + width + " tokens: " + OnnxRuntime.firstLine(e), e);
        }
    }

    /** {@return the length that lines of a number of tokens are padded to} */
    static int width(int tokens) {
        return -Math.floorDiv(-tokens, WIDTH_UNIT) * WIDTH_UNIT;
    }

    /** Random numbers from 0 to 1024. */
    private static FloatBuffer noise(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        FloatBuffer numbers = OnnxRuntime.direct(count);
        for (int i = 0; i < count; i++) {
            numbers.put(i, (float) (random.nextDouble() * 1024));
        }
        return numbers;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            kept.close();
            try {
                OnnxRuntime.close(step);
            } finally {
                OnnxRuntime.close(loss);
            }
        }
    }
}
