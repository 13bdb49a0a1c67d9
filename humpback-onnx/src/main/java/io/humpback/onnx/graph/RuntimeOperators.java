package io.humpback.onnx.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operators for speed: those that ONNX Runtime adds to ONNX's own and that do the work of several nodes, and the products
 * of quantized numbers.
 */
public final class RuntimeOperators {

    /** The factor of the cube in GELU's form with a hyperbolic tangent. */
    static final double GELU_CUBE = 0.044715;

    private RuntimeOperators() {}

    /**
     * Attention with rotary position embedding over a cache, for a batch of sequences that go on from where each one's
     * cache ends.
     *
     * @param heads query heads
     * @param cacheHeads key and value heads; divides heads
     * @param q queries [B, S, heads·d]
     * @param k keys [B, S, cacheHeads·d]
     * @param v values [B, S, cacheHeads·d]
     * @param pastKeys [B, cacheHeads, C, d]
     * @param pastValues [B, cacheHeads, C, d]
     * @param lastPosition INT32 [B], the position of each sequence's last new token
     * @param total INT32 scalar, the largest number of positions in use, new ones included
     * @param cosine [positions, r/2], where the first r of a head's dimensions rotate; null for none
     * @param sine as cosine
     * @param scale what the products of queries and keys are multiplied with
     * @param window how many positions one sees, its own included, or 0 for all before it
     * @return mixed values [B, S, heads·d], the cache's keys and its values after the new tokens
     */
    public static List<Value> groupQueryAttention(
            int heads,
            int cacheHeads,
            Value q,
            Value k,
            Value v,
            Value pastKeys,
            Value pastValues,
            Value lastPosition,
            Value total,
            @Nullable Value cosine,
            @Nullable Value sine,
            double scale,
            int window) {
        long width = heads * pastKeys.shape().get(3).size();
        if (q.shape().rank() != 3 || q.shape().get(2).size() != width) {
            throw q.mismatch(Op.GROUP_QUERY_ATTENTION, pastKeys);
        }
        List<Shape> shapes = List.of(q.shape().with(2, Dim.of(width)), pastKeys.shape(), pastValues.shape());
        Attributes attributes = attention(heads, cacheHeads, cosine, window);
        if (scale != 1 / Math.sqrt(pastKeys.shape().get(3).size())) {
            attributes = attributes.with("scale", (float) scale);
        }
        return q.graph.nodes(
                Op.GROUP_QUERY_ATTENTION,
                attributes,
                q.type(),
                shapes,
                q,
                k,
                v,
                pastKeys,
                pastValues,
                lastPosition,
                total,
                cosine,
                sine);
    }

    /**
     * Attention with rotary position embedding over a cache in blocks: keys and values of all tokens are written into their
     * sequences' blocks, in place, before any is read. A block may be of many sequences.
     *
     * @param heads query heads
     * @param cacheHeads key and value heads; divides heads
     * @param q queries [T, heads·d], the tokens of S sequences one after the other, each sequence going on from its past
     * @param k keys [T, cacheHeads·d]
     * @param v values [T, cacheHeads·d]
     * @param keys the cache [blocks, size, cacheHeads, d]
     * @param values its values, alike
     * @param starts INT32 [S+1], where each sequence's tokens begin, and T
     * @param past INT32 [S], the tokens of each sequence that are in the cache already
     * @param table INT32 [S, M], each sequence's blocks in order
     * @param bounds INT32 [2], on the host: the most tokens that a sequence has here, and with its past
     * @param cosine [positions, r/2], where the first r of a head's dimensions rotate; null for none
     * @param sine as cosine
     * @param scale what the products of queries and keys are multiplied with
     * @param window how many positions one sees, its own included, or 0 for all before it
     * @return mixed values [T, heads·d]
     */
    public static Value pagedAttention(
            int heads,
            int cacheHeads,
            Value q,
            Value k,
            Value v,
            Value keys,
            Value values,
            Value starts,
            Value past,
            Value table,
            Value bounds,
            @Nullable Value cosine,
            @Nullable Value sine,
            double scale,
            int window) {
        long d = keys.shape().get(3).size();
        if (q.shape().rank() != 2 || q.shape().get(1).size() != heads * d || q.type() != keys.type()) {
            throw q.mismatch(Op.PAGED_ATTENTION, keys);
        }
        Attributes attributes = attention(heads, cacheHeads, cosine, window).with("scale", (float) scale);
        Value[] inputs = {
            q, k, v, keys, values, starts, past, table, cosine, sine, null, null, null, null, null, null, bounds
        };
        return q.graph.node(Op.PAGED_ATTENTION, attributes, q.type(), q.shape(), inputs);
    }

    private static Attributes attention(int heads, int cacheHeads, @Nullable Value cosine, int window) {
        Attributes attributes = Attributes.NONE
                .with("num_heads", heads)
                .with("kv_num_heads", cacheHeads)
                .with("do_rotary", cosine != null);
        return window > 0 ? attributes.with("local_window_size", window) : attributes;
    }

    /**
     * {@return what an attention over a cache computes, from queries, keys and values of a token side by side}
     *
     * @param attention the node
     * @param inputs its inputs in the graph of qkv
     * @param qkv with (heads + 2 cacheHeads)·d in the last axis
     */
    public static List<Value> packed(Node attention, List<@Nullable Value> inputs, Value qkv) {
        Value[] all = inputs.toArray(new Value[0]);
        all[0] = qkv;
        all[1] = null;
        all[2] = null;
        List<Shape> shapes = attention.outputs().stream().map(Value::shape).toList();
        return qkv.graph.nodes(attention.op(), attention.attributes(), qkv.type(), shapes, all);
    }

    /** {@return GELU in its form with a hyperbolic tangent} */
    public static Value gelu(Value x) {
        if (x.type() == ElementType.BFLOAT16) { // the fused operator takes floats alone
            Value slope = x.times(x).times((float) (2 * GELU_CUBE * Math.sqrt(2 / Math.PI)));
            Value one = x.graph.constant((float) (2 * Math.sqrt(2 / Math.PI))).cast(x.type());
            return x.times(x.times(slope.plus(one)).sigmoid());
        }
        return x.graph.node(Op.GELU, Attributes.NONE, x.type(), x.shape(), x);
    }

    /**
     * {@return heads rotated by their positions, [B, T, heads·d]}
     *
     * @param x [B, T, heads·d]
     * @param positions INT64 [B, T], or [1], the position that each sequence begins at
     * @param cosine [positions, r/2], in the type of x, where the first r dimensions of a head rotate
     * @param sine as cosine
     * @param d size of a head
     */
    public static Value rotaryEmbedding(Value x, Value positions, Value cosine, Value sine, int d) {
        long rotating = 2 * cosine.shape().get(-1).size();
        if (x.shape().rank() != 3
                || cosine.shape().rank() != 2
                || !cosine.shape().equals(sine.shape())
                || x.type() != cosine.type()
                || x.shape().get(2).size() % d != 0
                || rotating > d) {
            throw x.mismatch(Op.ROTARY_EMBEDDING, cosine);
        }
        Attributes attributes = rotating == d
                ? Attributes.NONE
                : Attributes.NONE.with("num_heads", x.shape().get(2).size() / d).with("rotary_embedding_dim", rotating);
        return x.graph.node(Op.ROTARY_EMBEDDING, attributes, x.type(), x.shape(), x, positions, cosine, sine);
    }

    /** {@return the sum of two values of one shape, normed as by {@link Value#rmsNorm}, and the sum itself} */
    public static List<Value> skipRmsNorm(Value x, Value other, Value weight, double epsilon) {
        Shape shape = x.shape();
        if (!shape.equals(other.shape())
                || x.type() != other.type()
                || !weight.shape().equals(Shape.of(shape.get(-1)))) {
            throw x.mismatch(Op.SKIP_RMS_NORM, other);
        }
        Shape one = shape.with(-1, Dim.of(1));
        Attributes attributes = Attributes.NONE.with("epsilon", (float) epsilon);
        List<Shape> shapes = List.of(shape, one, one, shape);
        List<Value> outputs = x.graph.nodes(Op.SKIP_RMS_NORM, attributes, x.type(), shapes, x, other, weight);
        return List.of(outputs.get(0), outputs.get(3));
    }

    /** {@return round(x / scale) + zero, saturated, for x [n, d], a scale that is scalar or [n], and a UINT8 zero alike} */
    public static Value quantizeLinear(Value x, Value scale, Value zero) {
        boolean alike = scale.shape().rank() == 0
                || scale.shape().equals(Shape.of(x.shape().get(0)));
        if (!alike || scale.type() != x.type() || zero.type() != ElementType.UINT8) {
            throw x.mismatch(Op.QUANTIZE_LINEAR, scale);
        }
        if (!zero.shape().equals(scale.shape())) {
            throw scale.mismatch(Op.QUANTIZE_LINEAR, zero);
        }
        return x.graph.node(Op.QUANTIZE_LINEAR, Attributes.axis(0), zero.type(), x.shape(), x, scale, zero);
    }

    /** {@return (x - zero) scale for UINT8 x and scalars} */
    public static Value dequantizeLinear(Value x, Value scale, Value zero) {
        if (scale.shape().rank() != 0 || x.type() != ElementType.UINT8) {
            throw x.mismatch(Op.DEQUANTIZE_LINEAR, scale);
        }
        if (zero.type() != ElementType.UINT8 || !zero.shape().equals(scale.shape())) {
            throw scale.mismatch(Op.DEQUANTIZE_LINEAR, zero);
        }
        return x.graph.node(Op.DEQUANTIZE_LINEAR, Attributes.NONE, scale.type(), x.shape(), x, scale, zero);
    }

    /**
     * {@return (x - xZero) W · xScale · scale as floats}
     *
     * @param x UINT8 [n, k]
     * @param weight INT8 [k, m]
     * @param xScale scalar
     * @param scale a column's scale, [m]
     * @param xZero UINT8 scalar
     */
    public static Value matmulIntegerToFloat(Value x, Value weight, Value xScale, Value scale, Value xZero) {
        boolean matrices = x.shape().rank() == 2 && weight.shape().rank() == 2;
        boolean bytes = x.type() == ElementType.UINT8 && weight.type() == ElementType.INT8;
        if (!matrices || !bytes || !x.shape().get(1).equals(weight.shape().get(0))) {
            throw x.mismatch(Op.MATMUL_INTEGER_TO_FLOAT, weight);
        }
        if (!scale.shape().equals(Shape.of(weight.shape().get(1)))) {
            throw weight.mismatch(Op.MATMUL_INTEGER_TO_FLOAT, scale);
        }
        Shape to = Shape.of(x.shape().get(0), weight.shape().get(1));
        return x.graph.node(
                Op.MATMUL_INTEGER_TO_FLOAT, Attributes.NONE, ElementType.FLOAT, to, x, weight, xScale, scale, xZero);
    }

    /**
     * {@return x Wᵀ of a weight in blocks along its rows}
     *
     * @param x [n, k]
     * @param weight UINT8 [m, k / block, block · bits / 8], the low bits first
     * @param scales [m · k / block]
     * @param zeros UINT8, packed like the weight, or null for 2^(bits-1)
     * @param bits 4 or 8
     * @param block elements that share a scale
     */
    public static Value matmulNBits(Value x, Value weight, Value scales, @Nullable Value zeros, int bits, int block) {
        long k = x.shape().rank() == 2 ? x.shape().get(1).size() : -1;
        long m = weight.shape().rank() == 3 ? weight.shape().get(0).size() : -1;
        Shape packed = Shape.of(Math.max(m, 0), Math.max(k, 0) / block, block * bits / 8);
        boolean types = x.type() != ElementType.UINT8 && weight.type() == ElementType.UINT8;
        if (!types || k < 0 || k % block != 0 || !weight.shape().equals(packed)) {
            throw x.mismatch(Op.MATMUL_NBITS, weight);
        }
        if (scales.type() != x.type() || !scales.shape().equals(Shape.of(m * (k / block)))) {
            throw weight.mismatch(Op.MATMUL_NBITS, scales);
        }
        Attributes attributes = Attributes.NONE
                .with("K", k)
                .with("N", m)
                .with("bits", bits)
                .with("block_size", block)
                .with("accuracy_level", 4);
        Shape to = Shape.of(x.shape().get(0), m);
        return x.graph.node(Op.MATMUL_NBITS, attributes, x.type(), to, x, weight, scales, zeros);
    }
}
