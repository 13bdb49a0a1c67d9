package io.humpback.onnx.past;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.TensorInfo;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Refusal;
import io.humpback.onnx.past.PastCache.Part;
import io.humpback.onnx.run.SharedSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** A session over a decoder that takes a cache and gives a longer one, for one sequence. */
final class PastSession implements AutoCloseable {

    /** Processors without VNNI add pairs of products of bytes in 16 bits, which overflow where weights use all their levels. */
    private static final Map<String, String> EXACT = Map.of("session.x64quantprecision", "1");

    /** How many of the last tokens have logits; some graphs ask. */
    private static final String WANTED = "num_logits_to_keep";

    private static final Set<OnnxJavaType> FLOATS =
            Set.of(OnnxJavaType.FLOAT, OnnxJavaType.FLOAT16, OnnxJavaType.BFLOAT16);

    private final Path model;
    private final SharedSession session;
    private final PastNames names;
    private final List<Part> parts = new ArrayList<>();
    private final int vocabulary;
    private final OnnxJavaType logitsType;
    private final boolean lastOnly;

    private PastSession(Path model, SharedSession session, PastNames names, Sizes sizes) {
        this.model = model;
        this.session = session;
        this.names = names;
        Set<String> inputs = new TreeSet<>(session.inputs());
        if (inputs.stream().anyMatch(name -> name.startsWith("encoder_"))) {
            throw Refusal.of(model, "an encoder-decoder, expected a decoder alone");
        }
        require(inputs.remove(names.ids()), "no input " + names.ids() + ", found " + shown(inputs));
        Set<String> outputs = new HashSet<>(session.outputs());
        for (int layer = 0; inputs.contains(PastNames.of(names.pastKey(), layer)); layer++) {
            addPart(
                    inputs,
                    outputs,
                    PastNames.of(names.pastKey(), layer),
                    PastNames.of(names.presentKey(), layer),
                    sizes);
            addPart(
                    inputs,
                    outputs,
                    PastNames.of(names.pastValue(), layer),
                    PastNames.of(names.presentValue(), layer),
                    sizes);
        }
        require(
                !parts.isEmpty(),
                "no cache: no input " + PastNames.of(names.pastKey(), 0)
                        + ", expected a model that was exported with its"
                        + " past (of optimum: the task text-generation-with-past)");
        for (String known : List.of(names.mask(), names.positions(), WANTED)) {
            if (inputs.remove(known)) {
                require(
                        session.input(known).type == OnnxJavaType.INT64,
                        "input " + known + " of type " + session.input(known).type + ", expected INT64");
            }
        }
        require(
                inputs.isEmpty(),
                "input " + shown(inputs) + " is not understood, expected ids, mask, positions and a cache");
        require(outputs.contains(names.logits()), "no output " + names.logits());
        TensorInfo logits = session.output(names.logits());
        long[] shape = logits.getShape();
        logitsType = logits.type;
        require(
                shape.length == 3 && FLOATS.contains(logitsType),
                "output " + names.logits() + " " + logitsType + Arrays.toString(shape)
                        + ", expected floats [batch, tokens, vocabulary]");
        require(
                shape[2] < 0 || shape[2] == sizes.vocabulary(),
                "output " + names.logits() + " " + Arrays.toString(shape) + ", expected a vocabulary of "
                        + sizes.vocabulary());
        vocabulary = sizes.vocabulary();
        lastOnly = shape[1] == 1;
    }

    /**
     * What the files beside a graph say of it, for what the graph leaves open.
     *
     * @param vocabulary number of tokens
     * @param width of a head; 0 where nothing says it
     */
    record Sizes(int vocabulary, int width) {}

    private void addPart(Set<String> inputs, Set<String> outputs, String past, String present, Sizes sizes) {
        require(inputs.remove(past), "no input " + past + ", expected one beside the other half of the cache");
        require(outputs.contains(present), "no output " + present + ", expected one for the input " + past);
        TensorInfo info = session.input(past);
        long[] shape = info.getShape();
        require(
                shape.length == 4 && shape[1] > 0 && shape[1] <= Short.MAX_VALUE && shape[2] < 0,
                "input " + past + " " + Arrays.toString(shape)
                        + ", expected [batch, heads, tokens, width], heads known");
        long width = shape[3] < 0 ? sizes.width() : shape[3];
        require(
                width > 0 && width <= Short.MAX_VALUE,
                "input " + past + " " + Arrays.toString(shape)
                        + ": the width of a head is neither there nor in config.json");
        require(
                FLOATS.contains(info.type) && session.output(present).type == info.type,
                "input " + past + " of type " + info.type + ", output " + present + " of type "
                        + session.output(present).type + ": expected the same type of floats");
        parts.add(new Part(info.type, (int) shape[1], (int) width));
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(model, otherwise);
        }
    }

    private static String shown(Set<String> names) {
        return String.join(", ", names.stream().limit(5).map(Refusal::shown).toList());
    }

    static PastSession open(Path model, int cuda, int threads, PastNames names, Sizes sizes) {
        return SharedSession.open(
                model, cuda, threads, EXACT, session -> new PastSession(model, session, names, sizes));
    }

    int vocabulary() {
        return vocabulary;
    }

    /** {@return whether there are logits of the last token of a run alone} */
    boolean givesLastOnly() {
        return lastOnly;
    }

    PastCache newCache() {
        return new PastCache(parts);
    }

    /** {@return what a caller computes, {@linkplain SharedSession#inTurn in its turn}} */
    <T> T inTurn(Supplier<T> caller) {
        return session.inTurn(caller);
    }

    /**
     * Appends tokens to a cache, which has room for them. To be called {@linkplain #inTurn in the caller's turn}.
     *
     * @param wanted how many of the last tokens have their logits wanted, from 0 to all; at most 1 of a graph that
     *     {@linkplain #givesLastOnly gives no more}
     * @return the logits of each of them
     */
    float[][] run(PastCache cache, long[] ids, int wanted) {
        return session.compute("running " + ids.length + " tokens", (runtime, tensors) -> {
            Map<String, OnnxTensor> inputs = new HashMap<>();
            Map<String, OnnxTensor> outputs = new HashMap<>();
            int before = cache.length();
            inputs.put(names.ids(), tensors.longs(ids, 1, ids.length));
            if (session.inputs().contains(names.mask())) {
                long[] ones = new long[before + ids.length];
                Arrays.fill(ones, 1);
                inputs.put(names.mask(), tensors.longs(ones, 1, ones.length));
            }
            if (session.inputs().contains(names.positions())) {
                long[] places = new long[ids.length];
                Arrays.setAll(places, i -> before + i);
                inputs.put(names.positions(), tensors.longs(places, 1, places.length));
            }
            int given = lastOnly ? 1 : ids.length;
            if (session.inputs().contains(WANTED)) {
                given = Math.max(1, wanted);
                inputs.put(WANTED, tensors.longs(new long[] {given}));
            }
            List<OnnxTensor> past = cache.past(tensors);
            List<OnnxTensor> present = cache.present(tensors, ids.length);
            for (int i = 0; i < past.size(); i++) {
                inputs.put(PastNames.of(i % 2 == 0 ? names.pastKey() : names.pastValue(), i / 2), past.get(i));
                outputs.put(
                        PastNames.of(i % 2 == 0 ? names.presentKey() : names.presentValue(), i / 2), present.get(i));
            }
            ByteBuffer logits = ByteBuffer.allocateDirect(
                            Math.multiplyExact(Math.multiplyExact(given, vocabulary), logitsType.size))
                    .order(ByteOrder.nativeOrder());
            outputs.put(names.logits(), tensors.bytes(logits, logitsType, 1, given, vocabulary));
            runtime.run(inputs, Set.of(), outputs).close();
            cache.append(ids);
            float[][] lines = new float[wanted][];
            for (int i = 0; i < wanted; i++) {
                lines[i] = floats(logits, (given - wanted + i) * vocabulary);
            }
            return lines;
        });
    }

    private float[] floats(ByteBuffer logits, int from) {
        float[] line = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            int at = (from + i) * logitsType.size;
            line[i] = switch (logitsType) {
                case FLOAT -> logits.getFloat(at);
                case FLOAT16 -> DType.half(logits.getShort(at));
                case BFLOAT16 -> Float.intBitsToFloat(logits.getShort(at) << 16);
                default -> throw new ModelException(model + ": logits of type " + logitsType);
            };
        }
        return line;
    }

    @Override
    public void close() {
        session.close();
    }
}
