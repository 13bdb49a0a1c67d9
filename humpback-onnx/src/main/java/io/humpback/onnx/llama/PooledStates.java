package io.humpback.onnx.llama;

import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;

/**
 * What a graph of inference tells of its residual stream: after block k, weighted sums over the tokens, x being the stream
 * before any norm. A row of weights with a single 1 is one token's state, one with n times 1/n is a mean. Without rows, as in
 * all steps that nobody asks for states, nothing is computed.
 *
 * <p>Input: {@code pooling} FLOAT [Q, N]. Outputs: {@code hidden_states.k} FLOAT [Q, D] for each block k from 1, or {@code
 * rotated_hidden_states.k} where the stream is in coordinates turned by {@link io.humpback.onnx.quantize.Rotation}.
 */
public final class PooledStates {

    /** The input's name. */
    public static final String INPUT = "pooling";

    /** What the outputs' names begin with, before the number of a block. */
    public static final String OUTPUT = "hidden_states.";

    /** The same in rotated coordinates. */
    public static final String ROTATED_OUTPUT = "rotated_" + OUTPUT;

    private final Graph graph;
    private final Value weights;
    private final String output;
    private int blocks;

    PooledStates(Graph graph, boolean rotated) {
        this.graph = graph;
        weights = graph.input(INPUT, ElementType.FLOAT, Shape.of("Q", "B*S"));
        output = rotated ? ROTATED_OUTPUT : OUTPUT;
    }

    /** Gives the sums of the next block's stream x [N, D]. */
    void add(Value x) {
        blocks++;
        graph.output(output + blocks, weights.matmul(x));
    }
}
