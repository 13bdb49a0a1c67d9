package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ValueTest {

    private final Graph graph = new Graph();
    private final Value x = input("x", ElementType.FLOAT, "N", 6);
    private final Value scalar = input("scalar", ElementType.FLOAT);
    private final Value whole = input("whole", ElementType.INT64, "N", 6);

    private Value input(String name, ElementType type, Object... dims) {
        return graph.input(name, type, Shape.of(dims));
    }

    private void refused(String message, Executable building) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, building).getMessage());
    }

    @Test
    void theMessageNamesThePlaceTheOperatorAndBothShapes() {
        graph.at("model.layers.3.mlp");
        Value other = input("y", ElementType.FLOAT, "N", 5);
        refused("model.layers.3.mlp: Add: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.plus(other));
        refused("model.layers.3.mlp: Sub: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.minus(other));
        refused("model.layers.3.mlp: Mul: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.times(other));
        refused("model.layers.3.mlp: Div: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.dividedBy(other));
        refused("model.layers.3.mlp: MatMul: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.matmul(other));
        refused("model.layers.3.mlp: Gemm: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.linear(other));
        refused(
                "model.layers.3.mlp: SimplifiedLayerNormalization: FLOAT[N, 6] does not fit FLOAT[N, 5]",
                () -> x.rmsNorm(other, 1e-5));
        graph.at("");
        refused("Concat: FLOAT[N, 6] does not fit FLOAT[N, 5]", () -> x.concat(other, 0));
    }

    @Test
    void typesAreCheckedToo() {
        refused("Add: FLOAT[N, 6] does not fit INT64[N, 6]", () -> x.plus(whole));
        refused("LessOrEqual: FLOAT[N, 6] does not fit INT64[N, 6]", () -> x.lessOrEqual(whole));
        refused("Concat: FLOAT[N, 6] does not fit INT64[N, 6]", () -> x.concat(whole, 1));
        refused("MatMul: FLOAT[N, 6] does not fit INT64[6, 2]", () -> x.matmul(input("w", ElementType.INT64, 6, 2)));
        refused(
                "Gemm: FLOAT[N, 6] does not fit BFLOAT16[2, 6]",
                () -> x.linear(input("b", ElementType.BFLOAT16, 2, 6)));
        refused("Where: FLOAT[N, 6] does not fit FLOAT[N, 6]", () -> whole.where(x, x));
        refused("Where: FLOAT[N, 6] does not fit INT64[N, 6]", () -> x.lessOrEqual(x)
                .where(x, whole));
        refused(
                "SimplifiedLayerNormalization: FLOAT[N, 6] does not fit BFLOAT16[6]",
                () -> x.rmsNorm(input("n", ElementType.BFLOAT16, 6), 1e-5));
        refused("Mul: INT64[N, 6] does not fit FLOAT[]", () -> whole.times(2));
    }

    @Test
    void axesAreChecked() {
        graph.at("lm_head");
        refused("lm_head: ReduceSum: axis 2 of [N, 6]", () -> x.sum(2));
        refused("lm_head: ReduceMax: axis -3 of [N, 6]", () -> x.maxKeepDims(-3));
        refused("lm_head: ReduceLogSumExp: axis 0 of []", () -> scalar.logSumExp(0));
        refused("lm_head: Concat: axis 2 of [N, 6]", () -> x.concat(x, 2));
        refused("lm_head: Slice: axis 2 of [N, 6]", () -> x.slice(2, 0, 1));
        refused("lm_head: Softmax: axis -1 of []", scalar::softmax);
    }

    @Test
    void slicesLieInside() {
        refused("Slice: 2 to 7 on axis 1 of [N, 6]", () -> x.slice(1, 2, 7));
        refused("Slice: -1 to 2 on axis 1 of [N, 6]", () -> x.slice(1, -1, 2));
        refused("Slice: 3 to 2 on axis 1 of [N, 6]", () -> x.slice(1, 3, 2));
        assertEquals(Shape.of("N", 4), x.slice(-1, 2, 6).shape());
    }

    @Test
    void reshapingKeepsTheElements() {
        Value known = input("known", ElementType.FLOAT, 4, 6);
        refused("Reshape: [4, 6] to [5, 5]", () -> known.reshape(5, 5));
        refused("Reshape: [N, 6] to [A, B, 6]", () -> x.reshape("A", "B", 6));
        assertEquals(Shape.of("N", 2, 3), x.reshape("N", 2, 3).shape());
        assertEquals(Shape.of("M", 3), x.reshape("M", 3).shape());
        assertEquals(Shape.of(24), known.reshape(24).shape());
        refused(
                "Reshape: FLOAT[N, 6] does not fit INT64[3]",
                () -> x.reshape(graph.integers(1, 2, 3), Shape.of("A", "B")));
    }

    @Test
    void transposingTakesEveryAxisOnce() {
        refused("Transpose: order [0, 0] of [N, 6]", () -> x.transpose(0, 0));
        refused("Transpose: order [0] of [N, 6]", () -> x.transpose(0));
        refused("Transpose: order [0, 2] of [N, 6]", () -> x.transpose(0, 2));
        assertEquals(Shape.of(6, "N"), x.transpose(1, 0).shape());
    }

    @Test
    void indicesAreWholeNumbers() {
        refused("Gather: FLOAT[N, 6] does not fit FLOAT[]", () -> x.gather(scalar));
        refused("Gather: FLOAT[] does not fit INT64[N, 6]", () -> scalar.gather(whole));
        refused(
                "GatherElements: FLOAT[N, 6] does not fit INT64[M, 6]",
                () -> x.gatherElements(input("m", ElementType.INT64, "M", 6)));
        refused("GatherElements: FLOAT[N, 6] does not fit FLOAT[N, 6]", () -> x.gatherElements(x));
        assertEquals(Shape.of("N", 6, 6), x.gather(whole).shape());
        assertEquals(
                Shape.of("N", 2),
                x.gatherElements(input("two", ElementType.INT64, "N", 2)).shape());
    }

    @Test
    void productsOfMatricesBroadcastTheOtherAxes() {
        Value heads = input("heads", ElementType.FLOAT, "B", 3, "S", 8);
        Value shared = input("shared", ElementType.FLOAT, 1, 3, 8, "P");
        assertEquals(Shape.of("B", 3, "S", "P"), heads.matmul(shared).shape());
        refused(
                "MatMul: FLOAT[B, 3, S, 8] does not fit FLOAT[2, 8, 5]",
                () -> heads.matmul(input("two", ElementType.FLOAT, 2, 8, 5)));
        refused("MatMul: FLOAT[] does not fit FLOAT[N, 6]", () -> scalar.matmul(x));
    }

    @Test
    void shapesFollowTheOperators() {
        assertEquals(Shape.of("N"), x.sum(-1).shape());
        assertEquals(Shape.of("N", 1), x.maxKeepDims(1).shape());
        assertEquals(Shape.of(6), x.logSumExp(0).shape());
        assertEquals(Shape.of("N", 12), x.concat(x, -1).shape());
        assertEquals(Shape.of("N+N", 6), x.concat(x, 0).shape());
        assertEquals("INT64[2]", x.dims().type() + "" + x.dims().shape());
        assertEquals(ElementType.BOOL, x.lessOrEqual(scalar).type());
        assertSame(x, x.cast(ElementType.FLOAT));
        assertEquals(ElementType.INT64, x.cast(ElementType.INT64).type());
    }

    @Test
    void quantisedProductsAreChecked() {
        Value bytes = input("bytes", ElementType.UINT8, "N", 64);
        Value columns = input("columns", ElementType.INT8, 64, 5);
        Value one = graph.constant(1f);
        Value zero = graph.constant(ElementType.UINT8, Shape.of(), new byte[] {(byte) 128});
        Value scales = input("scales", ElementType.FLOAT, 5);
        assertEquals(
                Shape.of("N", 5),
                RuntimeOperators.matmulIntegerToFloat(bytes, columns, one, scales, zero)
                        .shape());
        refused(
                "MatMulIntegerToFloat: FLOAT[N, 6] does not fit INT8[64, 5]",
                () -> RuntimeOperators.matmulIntegerToFloat(x, columns, one, scales, zero));
        refused(
                "MatMulIntegerToFloat: INT8[64, 5] does not fit FLOAT[4]",
                () -> RuntimeOperators.matmulIntegerToFloat(
                        bytes, columns, one, input("four", ElementType.FLOAT, 4), zero));

        Value wide = input("wide", ElementType.FLOAT, "N", 64);
        Value blocks = input("blocks", ElementType.UINT8, 5, 2, 16);
        Value blockScales = input("block_scales", ElementType.FLOAT, 10);
        assertEquals(
                Shape.of("N", 5),
                RuntimeOperators.matmulNBits(wide, blocks, blockScales, null, 4, 32)
                        .shape());
        refused(
                "MatMulNBits: FLOAT[N, 64] does not fit UINT8[5, 2, 16]",
                () -> RuntimeOperators.matmulNBits(wide, blocks, blockScales, null, 8, 32));
        refused(
                "MatMulNBits: FLOAT[N, 6] does not fit UINT8[5, 2, 16]",
                () -> RuntimeOperators.matmulNBits(x, blocks, blockScales, null, 4, 32));
        refused(
                "MatMulNBits: UINT8[5, 2, 16] does not fit FLOAT[5]",
                () -> RuntimeOperators.matmulNBits(wide, blocks, scales, null, 4, 32));

        Value rowScales = input("row_scales", ElementType.FLOAT, "N");
        refused(
                "QuantizeLinear: FLOAT[N] does not fit UINT8[]",
                () -> RuntimeOperators.quantizeLinear(wide, rowScales, zero));
        refused(
                "QuantizeLinear: FLOAT[N, 64] does not fit FLOAT[5]",
                () -> RuntimeOperators.quantizeLinear(wide, scales, zero));
        refused(
                "DequantizeLinear: FLOAT[N, 64] does not fit FLOAT[]",
                () -> RuntimeOperators.dequantizeLinear(wide, one, zero));
        refused(
                "DequantizeLinear: UINT8[N, 64] does not fit FLOAT[5]",
                () -> RuntimeOperators.dequantizeLinear(bytes, scales, zero));
        refused(
                "DequantizeLinear: FLOAT[] does not fit FLOAT[]",
                () -> RuntimeOperators.dequantizeLinear(bytes, one, one));
    }

    @Test
    void everyOperatorComputesWhatItSays() {
        float[] values = {0.5f, -1, 2, 0, 3, -0.25f};
        Value y = input("y", ElementType.FLOAT, 2, 3);
        Value order = input("order", ElementType.INT64, 2, 1);
        Map<String, Graphs.Input> inputs = Map.of(
                "x", new Graphs.Input(new float[6], 1, 6),
                "scalar", new Graphs.Input(new float[1]),
                "whole", new Graphs.Input(new long[6], 1, 6),
                "y", new Graphs.Input(values, 2, 3),
                "order", new Graphs.Input(new long[] {2, 0}, 2, 1));
        graph.output("silu", y.silu());
        graph.output("softmax", y.softmax());
        graph.output("norm", y.rmsNorm(graph.constant(Shape.of(3), 1, 2, 3), 0.5));
        graph.output("logsum", y.logSumExp(-1));
        graph.output("picked", y.gatherElements(order));
        graph.output("larger", y.lessOrEqual(graph.constant(0f)).where(graph.constant(9f), y));
        graph.output("turned", y.transpose(1, 0).slice(0, 1, 3).abs().sum(1));
        graph.output("scaled", y.times(2).minus(y.maxKeepDims(-1)).dividedBy(graph.constant(4f)));
        float[] silu = new float[6];
        float[] softmax = new float[6];
        float[] norm = new float[6];
        float[] logSum = new float[2];
        for (int row = 0; row < 2; row++) {
            double sum = 0;
            double squares = 0;
            for (int i = 3 * row; i < 3 * row + 3; i++) {
                silu[i] = (float) (values[i] / (1 + Math.exp(-values[i])));
                sum += Math.exp(values[i]);
                squares += values[i] * values[i];
            }
            logSum[row] = (float) Math.log(sum);
            for (int i = 3 * row; i < 3 * row + 3; i++) {
                softmax[i] = (float) (Math.exp(values[i]) / sum);
                norm[i] = (float) (values[i] / Math.sqrt(squares / 3 + 0.5) * (i % 3 + 1));
            }
        }
        assertArrayEquals(silu, Graphs.run(graph, "silu", inputs), 1e-6f);
        assertArrayEquals(softmax, Graphs.run(graph, "softmax", inputs), 1e-6f);
        assertArrayEquals(norm, Graphs.run(graph, "norm", inputs), 1e-6f);
        assertArrayEquals(logSum, Graphs.run(graph, "logsum", inputs), 1e-6f);
        assertArrayEquals(new float[] {2, 0}, Graphs.run(graph, "picked", inputs));
        assertArrayEquals(
                new float[] {9, 9},
                new float[] {Graphs.run(graph, "larger", inputs)[1], Graphs.run(graph, "larger", inputs)[3]});
        assertArrayEquals(new float[] {4, 2.25f}, Graphs.run(graph, "turned", inputs));
        assertArrayEquals(new float[] {-0.25f, -1, 0.5f, -0.75f, 0.75f, -0.875f}, Graphs.run(graph, "scaled", inputs));
    }
}
