package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Loop;
import io.humpback.onnx.graph.Loop.Carried;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.llama.PagedAttention.Layer;
import io.humpback.onnx.llama.PagedAttention.Tokens;
import io.humpback.onnx.quantize.Int4Products;
import io.humpback.onnx.weights.ModelSource;
import io.humpback.onnx.weights.Weights;
import java.util.List;

/**
 * The graph of whole generations over caches in blocks: all prompts in one pass without padding, then a loop that writes a
 * token an iteration in each of B slots, sampling included. The caches are made once; the loop's body reads and writes them
 * where they are. A slot whose text has ended takes the next prompt.
 *
 * <p>The pass: {@code cache} INT64 [4], the number of blocks, the tokens of one, heads of keys and their size; {@code ids} INT64 [T], the tokens
 * of I prompts one after the other; {@code starts} INT32 [I+1], where each begins, and T; {@code past} INT32 [I], tokens of
 * each before those; {@code table} INT32 [I, M], the blocks of each, with room for what is written; {@code bounds} INT32 [2],
 * the most tokens of one, and with its past. Blocks that prompts begin with are those of the first prompt that begins so, which
 * computes them: all tokens of a layer are written before any is read.
 *
 * <p>What is wanted: {@code last_rows} INT64 [I], each prompt's last token, counted through T; {@code choices}
 * INT64 [I, W], ids whose log-probability after it is wanted; {@code target_rows} and {@code targets} INT64 [P, piece], tokens
 * and the ids whose log-probability is wanted after them, in P pieces of a size that the graph gives. Outputs: {@code logits}
 * FLOAT [I, V], {@code choice_logprobs} FLOAT [I, W], {@code target_logprobs} FLOAT [P, piece].
 *
 * <p>The loop: {@code lengths} INT64 [I], of the prompts; {@code slot_starts} INT32 [B+1], the numbers from 0 to B, which is at most I; {@code slot_bounds} INT32 [2], 1 and the most
 * tokens of a prompt with what it writes; {@code steps} INT64 [1], iterations at most; and what says how to sample, as of {@link
 * LoopGraph}, for I sequences. Outputs: {@code first_tokens} INT64 [I] and {@code first_best} FLOAT [I]; {@code tokens} INT64
 * [n, B] and {@code best} FLOAT [n, B], the largest logit behind each. Slots begin with the first B prompts; those whose prompt has
 * ended after an iteration take the next ones in the order of the slots, while there are any.
 *
 * <p>The graph of a reward model has the inputs of the pass and {@code last_rows} alone, and gives rewards as {@code logits}
 * [I, 1].
 */
public final class PagedGraph {

    private final Graph graph = new Graph();
    private final LlamaConfig config;
    private final Llama llama;
    private final RotaryTables rotary;
    private final List<Layer> caches;
    private final Value one = graph.constant(1);
    private final Value zero = graph.constant(0);

    private PagedGraph(LlamaConfig config, Weights weights, int positions, ElementType type) {
        this.config = config;
        llama = new Llama(config, graph, name -> graph.weight(weights.of(name, type)), Llama.Adaptation.NONE);
        graph.at("rotary_embedding");
        rotary = RotaryTables.of(config, graph, positions).cast(type);
        graph.at("cache");
        caches = PagedAttention.caches(config, graph, graph.input("cache", ElementType.INT64, Shape.of(4)), type);
    }

    /** {@return whether the runtime's attention over blocks takes the heads of a model and their rotary embeddings} */
    public static boolean takes(LlamaConfig config) {
        return PagedAttention.takes(config);
    }

    /**
     * {@return the graph for positions below a number; the source's checkpoint stays open until the weights are
     * written}
     *
     * @param type of weights, caches and products: BFLOAT16, or FLOAT, for which the runtime has no attention over blocks;
     *     logits are floats
     */
    public static Graph of(ModelSource source, int positions, ElementType type) {
        LlamaConfig config = source.checkpoint().config();
        Weights weights = new Weights(source.rows());
        Graph graph = new PagedGraph(config, weights, positions, type).build();
        return Fusion.of(graph, weights, type, config.rmsNormEps());
    }

    /** {@return the graph with matrices in 4 bits, and activations and scales of a type; otherwise as {@link #of}} */
    public static Graph int4(ModelSource source, int positions, ElementType type) {
        return new Int4Products(new Weights(source.rows())).rewrite(of(source, positions, type));
    }

    private Graph build() {
        graph.at("prompt");
        Value ids = graph.input("ids", ElementType.INT64, Shape.of("T"));
        Tokens tokens = new Tokens(
                graph.input("starts", ElementType.INT32, Shape.of("I+1")),
                graph.input("past", ElementType.INT32, Shape.of("I")),
                graph.input("table", ElementType.INT32, Shape.of("I", "M")),
                graph.input("bounds", ElementType.INT32, Shape.of(2)));
        Value hidden = llama.hidden(ids, new PagedAttention(config, rotary, caches, tokens)); // [T, D]
        graph.at("lm_head");
        Value lastRows = graph.input("last_rows", ElementType.INT64, Shape.of("I"));
        Value logits = llama.logits(hidden.gather(lastRows)).cast(ElementType.FLOAT); // [I, V]
        graph.output("logits", logits);
        if (config.features().reward() != null) {
            return graph;
        }
        graph.at("choices");
        Value choices = graph.input("choices", ElementType.INT64, Shape.of("I", "W"));
        graph.output("choice_logprobs", logits.logSoftmax().gatherElements(choices));
        graph.output("target_logprobs", TargetLogs.of(graph, llama, hidden, config.vocabSize()));
        write(logits, tokens.table());
        return graph;
    }

    /** The loop. A slot is described by the prompt it writes for, how many tokens that has, the last of them, and whether more follow. */
    private void write(Value logits, Value tables) {
        graph.at("decoding");
        LoopSampling sampling = new LoopSampling(graph, config.vocabSize(), "I");
        Value unity = graph.integers(1).reshape();
        LoopSampling.Choice chosen =
                sampling.choose(logits, sampling.noise(graph.integers(0).reshape()));
        Value firsts = chosen.token(); // [I]
        graph.output("first_tokens", firsts);
        graph.output("first_best", chosen.best());
        Value lengths = graph.input("lengths", ElementType.INT64, Shape.of("I"));
        Value starts = graph.input("slot_starts", ElementType.INT32, Shape.of("B+1"));
        Value bounds = graph.input("slot_bounds", ElementType.INT32, Shape.of(2));
        Value goOn = sampling.alive(one, firsts, unity, sampling.limits()); // [I], after the first token
        Value slots = graph.range(starts.size(0).minus(graph.integers(1)), Dim.named("B"));
        Value prompts = lengths.size(0).reshape();
        List<Carried> carried = List.of(
                new Carried(slots, Shape.of("B")),
                new Carried(slots.minus(slots).plus(unity), Shape.of("B")),
                new Carried(firsts.gather(slots), Shape.of("B")),
                new Carried(goOn.gather(slots), Shape.of("B")),
                new Carried(
                        slots.equal(slots).where(one, zero).sumKeepDims(0),
                        Shape.of(1))); // their number, on the device
        Value steps = graph.input("steps", ElementType.INT64, Shape.of(1)).reshape();
        List<Value> made = Loop.of(steps, sampling.any(goOn), carried, Dim.named("n"), (number, held) -> {
            Value prompt = held.get(0);
            Value written = held.get(1);
            Value alive = held.get(3);
            Value place = lengths.gather(prompt).plus(written).minus(unity); // [B], of the last token
            Tokens last = new Tokens(starts, place.cast(ElementType.INT32), tables.gather(prompt), bounds);
            Value hidden = llama.hidden(held.get(2), new PagedAttention(config, rotary, caches, last));
            Value next = llama.logits(hidden).cast(ElementType.FLOAT); // [B, V]
            graph.at("decoding");
            LoopSampling.Choice choice = sampling.choose(next, sampling.noise(written, prompt));
            Value limit = sampling.limits().gather(prompt);
            Value still = sampling.alive(alive, choice.token(), written.plus(unity), limit);

            Value free = one.minus(still);
            Value follower = held.get(4).plus(free.cumsum(true)).cast(ElementType.INT64); // [B]
            Value waits = follower.less(prompts);
            Value taken = waits.where(free, zero); // 1 where a slot takes its follower
            Value takes = zero.less(taken);
            Value safe = waits.where(follower, prompt);
            Value coming = held.get(4).plus(taken.sumKeepDims(0));
            Value continues = takes.where(goOn.gather(safe), still);
            return new Loop.Iteration(
                    sampling.any(continues.plus(taken)),
                    List.of(
                            takes.where(safe, prompt),
                            takes.where(unity, written.plus(still.cast(ElementType.INT64))),
                            takes.where(firsts.gather(safe), choice.token()),
                            continues,
                            coming),
                    List.of(choice.token(), choice.best()));
        });
        graph.output("tokens", made.get(carried.size()));
        graph.output("best", made.get(carried.size() + 1));
    }
}
