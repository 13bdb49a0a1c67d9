package io.humpback.onnx.graph;

/** The operators of the language, each one ONNX operator. */
public enum Op {
    ADD("Add"),
    SUB("Sub"),
    MUL("Mul"),
    DIV("Div"),
    NEG("Neg"),
    ABS("Abs"),
    SIGN("Sign"),
    FLOOR("Floor"),
    EXP("Exp"),
    LOG("Log"),
    SQRT("Sqrt"),
    SIGMOID("Sigmoid"),
    SOFTMAX("Softmax"),
    LOG_SOFTMAX("LogSoftmax"),
    REDUCE_SUM("ReduceSum"),
    REDUCE_MAX("ReduceMax"),
    REDUCE_LOG_SUM_EXP("ReduceLogSumExp"),
    MATMUL("MatMul"),
    /** y = x Wᵀ of a [out, in] weight: what every precision rewrites. */
    LINEAR("Gemm"),
    /** y = a b + c of matrices, each of a and b transposed or not. */
    GEMM("Gemm"),
    GATHER("Gather"),
    GATHER_ELEMENTS("GatherElements"),
    SCATTER_ND("ScatterND"),
    SCATTER_ELEMENTS("ScatterElements"),
    RESHAPE("Reshape"),
    UNSQUEEZE("Unsqueeze"),
    TRANSPOSE("Transpose"),
    CONCAT("Concat"),
    SPLIT("Split"),
    SLICE("Slice"),
    PAD("Pad"),
    TRILU("Trilu"),
    SHAPE("Shape"),
    EXPAND("Expand"),
    CONSTANT_OF_SHAPE("ConstantOfShape"),
    CAST("Cast"),
    WHERE("Where"),
    LESS("Less"),
    LESS_OR_EQUAL("LessOrEqual"),
    EQUAL("Equal"),
    RANGE("Range"),
    TOP_K("TopK"),
    CUMSUM("CumSum"),
    IDENTITY("Identity"),
    /** A graph of its own that runs once an iteration. */
    LOOP("Loop"),
    /** One of two graphs of its own. */
    IF("If"),
    /** x / rms(x) times a weight (Zhang and Sennrich 2019, arXiv 1910.07467). */
    RMS_NORM("SimplifiedLayerNormalization"),
    /** RMS_NORM of a sum, and the sum. */
    SKIP_RMS_NORM("SkipSimplifiedLayerNormalization", "com.microsoft"),
    /** x times sigmoid(x). */
    SILU("QuickGelu", "com.microsoft"),
    /** x times the normal distribution's cumulative share, in the form with a hyperbolic tangent (arXiv 1606.08415). */
    GELU("FastGelu", "com.microsoft"),
    /** Pairs of a head's dimensions rotated by an angle that grows with the position (Su et al., arXiv 2104.09864). */
    ROTARY_EMBEDDING("RotaryEmbedding", "com.microsoft"),
    /** Attention of grouped heads over a cache that the keys and values of the new tokens are written into. */
    GROUP_QUERY_ATTENTION("GroupQueryAttention", "com.microsoft"),
    /** Attention of tokens of many sequences, one after the other, over a cache in blocks, which it writes into as a side effect. */
    PAGED_ATTENTION("PagedAttention", "com.microsoft"),
    QUANTIZE_LINEAR("QuantizeLinear"),
    DEQUANTIZE_LINEAR("DequantizeLinear"),
    /** uint8 rows times int8 columns, scaled to float. */
    MATMUL_INTEGER_TO_FLOAT("MatMulIntegerToFloat", "com.microsoft"),
    /** Float rows times a weight in blocks of 4 or 8 bits. */
    MATMUL_NBITS("MatMulNBits", "com.microsoft");

    private final String type;
    private final String domain;

    Op(String type) {
        this(type, "");
    }

    Op(String type, String domain) {
        this.type = type;
        this.domain = domain;
    }

    String type() {
        return type;
    }

    String domain() {
        return domain;
    }
}
