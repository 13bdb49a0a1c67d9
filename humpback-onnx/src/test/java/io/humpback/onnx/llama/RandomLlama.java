package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/** Random checkpoints of a chosen form, and what they compute, in plain Java and double precision. */
public final class RandomLlama {

    /** A small form. @param heads query heads @param kvHeads key and value heads @param headDim size of a head */
    public record Form(
            int vocabulary,
            int hidden,
            int feedForward,
            int layers,
            int heads,
            int kvHeads,
            int headDim,
            boolean tied,
            boolean scaled) {

        public LlamaConfig config() {
            Rope.Scaling scaling = scaled ? new Rope.Llama3(8, 1, 4, 64) : null;
            return new LlamaConfig(
                    vocabulary,
                    hidden,
                    feedForward,
                    layers,
                    heads,
                    kvHeads,
                    headDim,
                    2048,
                    new LlamaConfig.Features(1e-5, tied, new Rope(10_000, scaling)),
                    OptionalInt.of(1),
                    List.of(2),
                    DType.F32);
        }
    }

    /** Three query heads share a key head; heads are wider than the stream; nothing is a power of two. */
    public static final Form ODD = new Form(50, 96, 160, 2, 6, 2, 48, false, true);

    private RandomLlama() {}

    /** {@return a folder with a checkpoint of a form} @param folder is there and empty */
    public static Path write(Path folder, Form form, long seed) throws IOException {
        return write(folder, form, seed, false);
    }

    /** {@return a folder with a checkpoint of a form} @param coarse whether blocks of 4 bits hold its matrices exactly */
    public static Path write(Path folder, Form form, long seed, boolean coarse) throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llama", "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d,
                 "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d,
                 "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "tie_word_embeddings": %b,
                 "rope_theta": 10000.0, "rope_scaling": %s, "bos_token_id": 1, "eos_token_id": [2]}
                """.formatted(
                        form.vocabulary,
                        form.hidden,
                        form.feedForward,
                        form.layers,
                        form.heads,
                        form.kvHeads,
                        form.headDim,
                        form.tied,
                        form.scaled
                                ? "{\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0,"
                                        + " \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 64}"
                                : "null"));
        SafetensorsWriter writer = new SafetensorsWriter();
        Random random = new Random(seed);
        form.config().forEachTensor((name, shape) -> {
            int rows = shape.length == 1 ? 1 : (int) shape[0];
            int length = (int) shape[shape.length - 1];
            float[] values = new float[rows * length];
            for (int i = 0; i < values.length; i++) {
                double gaussian = random.nextGaussian();
                values[i] = (float) (shape.length == 1 ? 1 + 0.3 * gaussian : gaussian * 1.5 / Math.sqrt(length));
                if (coarse && shape.length > 1) {
                    float step = Math.scalb(1f, -Math.getExponent(Math.sqrt(length)) - 2);
                    values[i] = (i % 32 == 0 ? -8 : Math.max(-7, Math.min(7, Math.round(values[i] / step)))) * step;
                }
            }
            writer.add(name.toString(), values, shape);
        });
        writer.write(folder.resolve("model.safetensors"));
        return folder;
    }

    /** {@return the logits after each token, [tokens][vocabulary], as the papers define them} Of any family. */
    public static double[][] logits(Checkpoint checkpoint, int... ids) {
        return logits(checkpoint, ids, new ArrayList<>());
    }

    /** {@return the residual stream after each block, [tokens][width] each} */
    public static List<double[][]> states(Checkpoint checkpoint, int... ids) {
        List<double[][]> states = new ArrayList<>();
        logits(checkpoint, ids, states);
        return states;
    }

    private static double[][] logits(Checkpoint checkpoint, int[] ids, List<double[][]> states) {
        LlamaConfig config = checkpoint.config();
        LlamaConfig.Scales scales = config.features().scales();
        double[][] table = matrix(checkpoint, WeightName.EMBEDDING);
        double[][] x = Arrays.stream(ids).mapToObj(id -> table[id].clone()).toArray(double[][]::new);
        scale(x, scales.embedding());
        for (int layer = 0; layer < config.layers(); layer++) {
            double[][] h = normed(checkpoint, new WeightName(layer, Part.INPUT_NORM), x);
            h = linear(checkpoint, layer, Part.O, attention(checkpoint, layer, h));
            add(x, output(checkpoint, new WeightName(layer, Part.ATTENTION_OUTPUT_NORM), h));
            h = normed(checkpoint, new WeightName(layer, Part.FEED_FORWARD_NORM), x);
            double[][] gate = linear(checkpoint, layer, Part.GATE, h);
            double[][] up = linear(checkpoint, layer, Part.UP, h);
            for (int t = 0; t < ids.length; t++) {
                for (int i = 0; i < up[t].length; i++) {
                    up[t][i] *= activated(config, gate[t][i]);
                }
            }
            h = linear(checkpoint, layer, Part.DOWN, up);
            add(x, output(checkpoint, new WeightName(layer, Part.FEED_FORWARD_OUTPUT_NORM), h));
            states.add(Arrays.stream(x).map(double[]::clone).toArray(double[][]::new));
        }
        double[][] logits = times(
                normed(checkpoint, WeightName.FINAL_NORM, x),
                config.tiedEmbeddings() ? table : matrix(checkpoint, WeightName.HEAD));
        scale(logits, scales.logits());
        return logits;
    }

    private static double activated(LlamaConfig config, double x) {
        return switch (config.features().activation()) {
            case SILU -> x / (1 + Math.exp(-x));
            case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
        };
    }

    private static double[][] output(Checkpoint checkpoint, WeightName norm, double[][] x) {
        double[][] output = checkpoint.config().has(norm.part()) ? normed(checkpoint, norm, x) : x;
        scale(output, checkpoint.config().features().scales().residual());
        return output;
    }

    private static double[][] attention(Checkpoint checkpoint, int layer, double[][] h) {
        LlamaConfig config = checkpoint.config();
        int d = config.headDim();
        double[][] q = heads(checkpoint, layer, Part.Q, Part.Q_NORM, h);
        double[][] k = heads(checkpoint, layer, Part.K, Part.K_NORM, h);
        double[][] v = linear(checkpoint, layer, Part.V, h);
        int window = config.sight(layer).window();
        double[][] mixed = new double[h.length][config.heads() * d];
        for (int t = 0; t < h.length; t++) {
            int first = window == 0 ? 0 : Math.max(0, t - window + 1);
            for (int head = 0; head < config.heads(); head++) {
                int shared = head / (config.heads() / config.kvHeads());
                double[] weights = new double[t + 1];
                double sum = 0;
                for (int s = first; s <= t; s++) {
                    double score = 0;
                    for (int i = 0; i < d; i++) {
                        score += q[t][head * d + i] * k[s][shared * d + i];
                    }
                    weights[s] = Math.exp(score * config.attentionScale());
                    sum += weights[s];
                }
                for (int s = first; s <= t; s++) {
                    for (int i = 0; i < d; i++) {
                        mixed[t][head * d + i] += weights[s] / sum * v[s][shared * d + i];
                    }
                }
            }
        }
        return mixed;
    }

    /** Queries or keys: normed where the family does that, and turned. */
    private static double[][] heads(Checkpoint checkpoint, int layer, Part part, Part norm, double[][] h) {
        LlamaConfig config = checkpoint.config();
        double[][] x = linear(checkpoint, layer, part, h);
        int d = config.headDim();
        for (int t = 0; config.has(norm) && t < x.length; t++) {
            for (int head = 0; head < x[t].length; head += d) {
                double[][] one = {Arrays.copyOfRange(x[t], head, head + d)};
                System.arraycopy(normed(checkpoint, new WeightName(layer, norm), one)[0], 0, x[t], head, d);
            }
        }
        Rope rope = config.sight(layer).rope();
        return rope == null ? x : turned(rope, d, x);
    }

    /** Rotary embedding: dimension i of a head and, of those that rotate, i + half are a point that turns with the position. */
    private static double[][] turned(Rope rope, int d, double[][] x) {
        double[] frequencies = rope.inverseFrequencies(d);
        int half = frequencies.length;
        for (int t = 0; t < x.length; t++) {
            for (int head = 0; head < x[t].length; head += d) {
                for (int i = 0; i < half; i++) {
                    double a = x[t][head + i];
                    double b = x[t][head + half + i];
                    double cosine = Math.cos(t * frequencies[i]) * rope.attention();
                    double sine = Math.sin(t * frequencies[i]) * rope.attention();
                    x[t][head + i] = a * cosine - b * sine;
                    x[t][head + half + i] = b * cosine + a * sine;
                }
            }
        }
        return x;
    }

    private static double[][] normed(Checkpoint checkpoint, WeightName norm, double[][] x) {
        double[] weight = matrix(checkpoint, norm)[0];
        int missing = checkpoint.config().features().normsLackOne() ? 1 : 0;
        double[][] normed = new double[x.length][weight.length];
        for (int t = 0; t < x.length; t++) {
            double squares =
                    Arrays.stream(x[t]).map(value -> value * value).average().orElseThrow();
            for (int i = 0; i < weight.length; i++) {
                normed[t][i] = x[t][i] / Math.sqrt(squares + checkpoint.config().rmsNormEps()) * (weight[i] + missing);
            }
        }
        return normed;
    }

    private static double[][] linear(Checkpoint checkpoint, int layer, Part part, double[][] x) {
        double[][] product = times(x, matrix(checkpoint, new WeightName(layer, part)));
        if (checkpoint.config().has(part.bias())) {
            double[] bias = matrix(checkpoint, new WeightName(layer, part.bias()))[0];
            for (double[] row : product) {
                for (int i = 0; i < row.length; i++) {
                    row[i] += bias[i];
                }
            }
        }
        return product;
    }

    private static void scale(double[][] x, double by) {
        for (double[] row : x) {
            for (int i = 0; i < row.length; i++) {
                row[i] *= by;
            }
        }
    }

    /** {@return x Wᵀ} */
    private static double[][] times(double[][] x, double[][] w) {
        double[][] product = new double[x.length][w.length];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < w.length; i++) {
                for (int j = 0; j < w[i].length; j++) {
                    product[t][i] += x[t][j] * w[i][j];
                }
            }
        }
        return product;
    }

    private static void add(double[][] x, double[][] y) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += y[t][i];
            }
        }
    }

    private static double[][] matrix(Checkpoint checkpoint, WeightName name) {
        Tensor tensor = checkpoint.tensor(name);
        double[][] matrix = new double[(int) tensor.rows()][tensor.rowLength()];
        float[] row = new float[tensor.rowLength()];
        for (int i = 0; i < matrix.length; i++) {
            tensor.floats(i, 1, row, 0);
            for (int j = 0; j < row.length; j++) {
                matrix[i][j] = row[j];
            }
        }
        return matrix;
    }
}
