package io.humpback.onnx.train;

import static java.util.Objects.requireNonNull;

import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Gradients;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.OnnxWriter;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.graph.WeightFile;
import io.humpback.onnx.llama.Attention;
import io.humpback.onnx.llama.Llama;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.quantize.FrozenBfloat16;
import io.humpback.onnx.quantize.FrozenInt8;
import io.humpback.onnx.run.OnnxRuntime;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The graphs of training: the loss of a micro-batch of B lines of up to T tokens, and its gradients with respect to what
 * the plan trains. In a line lie one or more sequences, none of which sees another.
 *
 * <p>Inputs: {@code input_ids} INT64 [B, T], padded on the right with any ids to a multiple of {@value
 * TrainingSession#WIDTH_UNIT}; {@code position_ids} INT64 [B, T], which begin at 0 with each sequence, and are 0 where padded;
 * {@code label_rows} INT64 [R], the tokens, counted through the batch, whose next token is a
 * label, none twice; {@code labels} INT64 [R, 1], those next tokens; with
 * dropout {@code dropout_rows} FLOAT [B·T, 1], random numbers from 0 to 1024; each parameter by its name, and as
 * {@code gradient_before.} and the name the gradient that is added to. Outputs: {@code loss} FLOAT scalar, the sum of the
 * negative log-likelihoods of the labels, and for each parameter {@code gradient.} and its name.
 */
public final class TrainingGraph {

    private final Checkpoint checkpoint;
    private final LlamaConfig config;
    private final TrainingPlan plan;
    private final Hardware hardware;
    private final Weights weights;
    private final boolean recompute;
    /** Shapes of the parameters by name, in the order of the computation. */
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private TrainingGraph(Checkpoint checkpoint, TrainingPlan plan, Hardware hardware) {
        this.checkpoint = checkpoint;
        this.config = checkpoint.config();
        this.plan = plan;
        this.hardware = hardware;
        if (hardware.isGpu() && int8()) {
            throw new ModelException("frozen int8: a GPU has no such products, expected fp32");
        }
        weights = Weights.of(checkpoint);
        recompute = plan.execution().recompute() == Recompute.ON
                || plan.execution().recompute() == Recompute.AUTO && !fits();
        if (plan.lora().isEmpty()) {
            config.forEachTensor((name, shape) -> shapes.put(name.toString(), shape));
        } else {
            Lora lora = plan.lora().get();
            config.forEachTensor((name, shape) -> {
                if (trains(lora, name.part())) {
                    String module = name.module();
                    shapes.put(module + PeftAdapter.LORA_A, new long[] {lora.rank(), shape[1]});
                    shapes.put(module + PeftAdapter.LORA_B, new long[] {shape[0], lora.rank()});
                }
            });
        }
    }

    /**
     * {@return the graphs for a checkpoint, which stays open until they are written}
     *
     * @throws ModelException if the hardware has no products that the plan asks for
     */
    public static TrainingGraph of(Checkpoint checkpoint, TrainingPlan plan, Hardware hardware) {
        return new TrainingGraph(checkpoint, plan, hardware);
    }

    private boolean trains(Lora lora, Part part) {
        List<Part> targets = lora.targets().stream().map(TrainingGraph::part).toList();
        List<Part> trained = part.parts().stream().filter(targets::contains).toList();
        if (!trained.isEmpty() && trained.size() < part.parts().size()) {
            throw new ModelException(checkpoint.path() + ": the plan's targets are " + trained + " of " + part.parts()
                    + ", expected all of them or none, as this checkpoint stores them as one");
        }
        return part.isProduct() && !trained.isEmpty();
    }

    private static Part part(TrainingPlan.Target target) {
        return switch (target) {
            case Q_PROJ -> Part.Q;
            case K_PROJ -> Part.K;
            case V_PROJ -> Part.V;
            case O_PROJ -> Part.O;
            case GATE_PROJ -> Part.GATE;
            case UP_PROJ -> Part.UP;
            case DOWN_PROJ -> Part.DOWN;
        };
    }

    /** {@return the most tokens of rows that a micro-batch may have, and so the most labels} */
    public int tokens() {
        return Math.max(plan.batching().microBatchTokens(), plan.batching().maxTokens());
    }

    /**
     * {@return whether memory matters more than time: forward values are computed again, and weights are to be kept once, as
     * they are, rather than packed for speed for each direction}
     */
    public boolean lean() {
        return recompute;
    }

    /** Whether the activations of the largest micro-batch, and the weights, fit the memory. */
    private boolean fits() {
        long stream = 8L * config.hiddenSize() + 5L * config.intermediateSize();
        long attention = 4L * config.headDim() * config.heads()
                + 2L * config.heads() * plan.batching().maxTokens() * 5 / 8;
        long activations = Float.BYTES * (stream + attention) * config.layers() * tokens();
        return activations + weightBytes() < hardware.memory();
    }

    private long weightBytes() {
        long[] bytes = {0};
        config.forEachTensor((name, shape) ->
                bytes[0] += bytesAnElement(name.layer() >= 0) * shape[0] * (shape.length > 1 ? shape[1] : 1));
        return bytes[0];
    }

    /**
     * On a CPU floats in the file and packed for each direction, or for each direction bytes in the file and packed. On a GPU
     * bfloat16, for the head floats too; or a parameter, its gradient before and after.
     */
    private long bytesAnElement(boolean ofBlock) {
        if (!hardware.isGpu()) {
            return int8() && ofBlock ? 4 : 3 * Float.BYTES;
        }
        return plan.lora().isEmpty() ? 3 * Float.BYTES : ofBlock ? Short.BYTES : Short.BYTES + Float.BYTES;
    }

    /**
     * {@return the parameters in new memory: weights as they are in the checkpoint; of a low-rank change A uniform within
     * 1 / sqrt(in), as PEFT begins, by the plan's seed, and B zero}
     */
    public List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(plan.seed());
        shapes.forEach((name, shape) -> {
            FloatBuffer values = direct(name, shape);
            if (plan.lora().isEmpty()) {
                var tensor = checkpoint.tensor(WeightName.of(name));
                int step = (int) Math.min(tensor.rows(), Math.max(1, (1 << 20) / tensor.rowLength()));
                for (long row = 0; row < tensor.rows(); row += step) {
                    tensor.floats(row, (int) Math.min(step, tensor.rows() - row), values);
                }
            } else if (name.endsWith(PeftAdapter.LORA_A)) {
                double bound = 1 / Math.sqrt(shape[1]);
                while (values.hasRemaining()) {
                    values.put((float) ((2 * random.nextDouble() - 1) * bound));
                }
            }
            boolean decays = shape.length > 1;
            parameters.add(new Parameter(name, shape, values.clear(), direct(name, shape), decays));
        });
        return parameters;
    }

    private static FloatBuffer direct(String name, long[] shape) {
        long bytes = Float.BYTES;
        for (long size : shape) {
            bytes *= size;
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new ModelException(
                    name + ": " + bytes + " bytes, expected at most " + Integer.MAX_VALUE + " to train it");
        }
        return OnnxRuntime.direct((int) (bytes / Float.BYTES));
    }

    /** Writes the graphs and the weights that they share into a folder, as {@link TrainingSession} opens them. */
    public void write(Path folder) throws IOException {
        Graph step = build(true);
        String weightFile = TrainingSession.WEIGHTS;
        WeightFile.write(step.liveWeights(), folder.resolve(weightFile));
        Map<String, Long> offsets = OnnxWriter.offsets(step.liveWeights());
        Files.write(folder.resolve(TrainingSession.STEP), OnnxWriter.writeWithShapes(step, weightFile, offsets));
        Files.write(
                folder.resolve(TrainingSession.LOSS), OnnxWriter.writeWithShapes(build(false), weightFile, offsets));
    }

    private boolean int8() {
        return plan.execution().frozen() == Frozen.INT8;
    }

    Graph build(boolean gradients) {
        Graph plain = plain(gradients);
        if (hardware.isGpu()) {
            return FrozenBfloat16.rewrite(plain);
        }
        return int8() ? FrozenInt8.rewrite(plain, weights) : plain;
    }

    private Graph plain(boolean gradients) {
        Graph graph = new Graph();
        Value ids = graph.input("input_ids", ElementType.INT64, Shape.of("B", "T"));
        Value positions = graph.input("position_ids", ElementType.INT64, Shape.of("B", "T"));
        Value rows = graph.input("label_rows", ElementType.INT64, Shape.of("R"));
        Value labels = graph.input("labels", ElementType.INT64, Shape.of("R", 1));
        Map<String, Value> parameters = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> parameters.put(name, input(graph, name, shape)));
        Map<WeightName, Value> read = new HashMap<>();
        parameters.forEach((name, value) -> WeightName.find(name).ifPresent(parameter -> {
            boolean lacksOne =
                    config.features().normsLackOne() && parameter.part().isNorm();
            read.put(parameter, lacksOne ? value.plus(graph.constant(1)) : value);
        }));
        Function<WeightName, Value> weight = name -> {
            Value whole = read.get(name.with(name.part().whole()));
            return read.computeIfAbsent(tied(name), key -> whole == null ? frozen(graph, key) : rows(whole, key));
        };
        CausalAttention causal = new CausalAttention(
                config, graph, positions, TrainingSession.width(plan.batching().maxTokens()));
        Set<Value> seams = new HashSet<>(); // what each attention reads and makes, where the computation can be cut
        Attention attention = (layer, q, k, v) -> {
            Value mixed = causal.of(layer, q, k, v);
            seams.addAll(List.of(q, k, v, mixed));
            return mixed;
        };
        Llama.Adaptation adaptation = plan.lora()
                .map(lora -> adaptation(graph, lora, parameters, gradients))
                .orElse(Llama.Adaptation.NONE);
        Llama llama = new Llama(config, graph, weight, adaptation);
        Value hidden = llama.readOut(llama.hidden(ids.reshape("B*T"), attention)); // [N, D]
        graph.at("lm_head");
        Value headWeight = weight.apply(WeightName.HEAD);
        LossHead head = new LossHead(graph, headWeight);
        if (!gradients) {
            graph.output("loss", head.loss(hidden, rows, labels, tokens()));
            return graph;
        }
        Map<Value, Value> given = new LinkedHashMap<>();
        parameters.forEach((name, value) ->
                given.put(value, input(graph, "gradient_before." + name, requireNonNull(shapes.get(name)))));
        LossHead.Result result = head.gradients(hidden, rows, labels, tokens(), given.get(headWeight));
        graph.output("loss", result.loss());
        given.put(hidden, result.hidden());
        if (result.weight() != null) {
            given.put(headWeight, result.weight());
        }
        List<Value> targets = List.copyOf(parameters.values());
        Set<Value> kept = residualStream(graph);
        if (!recompute) {
            kept.addAll(seams);
        }
        List<Value> found = Gradients.of(given, targets, new Gradients.Stages(kept, recompute));
        int index = 0;
        for (String name : parameters.keySet()) {
            graph.output("gradient." + name, found.get(index++));
        }
        return graph;
    }

    /** {@return the residual stream before each attention, each feed-forward and the final norm, [N, D]} */
    private static Set<Value> residualStream(Graph graph) {
        Set<Part> ofStream = EnumSet.of(Part.INPUT_NORM, Part.FEED_FORWARD_NORM, Part.FINAL_NORM);
        return graph.live().stream()
                .filter(node -> node.op() == Op.RMS_NORM
                        && ofStream.contains(
                                WeightName.of(node.scope() + ".weight").part()))
                .map(node -> requireNonNull(node.inputs().get(0)))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Value input(Graph graph, String name, long[] shape) {
        return graph.input(name, ElementType.FLOAT, Shape.of(shape));
    }

    private WeightName tied(WeightName name) {
        return config.tiedEmbeddings() && name.equals(WeightName.HEAD) ? WeightName.EMBEDDING : name;
    }

    /** Those of the rows of several joined weights, or of what is added to them, that belong to one of them. */
    private Value rows(Value whole, WeightName name) {
        long first = 0;
        for (Part part : name.part().whole().parts()) {
            long count = config.shape(part)[0];
            if (part == name.part()) {
                return whole.slice(0, first, first + count);
            }
            first += count;
        }
        throw new IllegalArgumentException(name + " is no part of another");
    }

    /** In its own precision where the checkpoint has bfloat16, which becomes floats when the graph is loaded. */
    private Value frozen(Graph graph, WeightName name) {
        boolean asStored = !(config.features().normsLackOne() && name.part().isNorm());
        return checkpoint.tensor(name).dtype() == DType.BF16 && !int8() && asStored
                ? graph.weight(weights.bfloat16(name)).cast(ElementType.FLOAT)
                : graph.weight(weights.floats(name));
    }

    /** x Wᵀ + scale · (x Aᵀ) Bᵀ. */
    private Llama.Adaptation adaptation(Graph graph, Lora lora, Map<String, Value> parameters, boolean training) {
        boolean drops = training && lora.dropout() > 0;
        Value noise = drops ? graph.input("dropout_rows", ElementType.FLOAT, Shape.of("B*T", 1)) : null;
        return (name, x, product) -> {
            WeightName stored =
                    config.features().joined() ? name.with(name.part().whole()) : name;
            String at = stored.module();
            Value a = parameters.get(at + PeftAdapter.LORA_A);
            Value b = parameters.get(at + PeftAdapter.LORA_B);
            if (a == null || b == null) {
                return product;
            }
            Value in = noise == null ? x : dropped(graph, at, x, noise, (float) lora.dropout());
            Value rows = stored.equals(name) ? b : rows(b, name);
            return product.addMatmul(in.linear(a).times((float) lora.scale()), false, rows, true);
        };
    }

    /**
     * Dropout: some elements zeroed, the others scaled up. An element stays where the fraction of its row's random number
     * times its column's is not below the share: two such fractions are practically independent.
     */
    private static Value dropped(Graph graph, String at, Value x, Value noise, float share) {
        int size = (int) x.shape().get(1).size();
        SplittableRandom random = new SplittableRandom(at.hashCode());
        float[] columns = new float[size];
        for (int i = 0; i < size; i++) {
            columns[i] = (float) (1 + random.nextDouble());
        }
        Value product = noise.times(graph.weight(
                new Weight(at + ".dropout", ElementType.FLOAT, Shape.of(1, size), Weights.floats(columns)))); // [N, in]
        Value kept = graph.constant(share).lessOrEqual(product.minus(product.floor()));
        return x.times(kept.where(graph.constant(1 / (1 - share)), graph.constant(0)));
    }
}
