package io.humpback.onnx.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** A language model whose logits are a row of a table, plus a bias: an objective with gradients that are known. */
final class Bigrams implements Objective {

    static final int VOCABULARY = 8;

    private final Parameter table = parameter("table.weight", true, VOCABULARY, VOCABULARY);
    private final Parameter bias = parameter("bias", false, VOCABULARY);

    /** Micro-batches whose gradients were asked for. */
    final List<MicroBatch> added = new ArrayList<>();

    Bigrams() {
        for (int i = 0; i < table.size(); i++) {
            table.values().put(i, (float) Math.sin(i));
        }
    }

    static Parameter parameter(String name, boolean decays, long... shape) {
        int size = 1;
        for (long dimension : shape) {
            size *= (int) dimension;
        }
        return new Parameter(name, shape, direct(size), direct(size), decays);
    }

    private static FloatBuffer direct(int size) {
        return ByteBuffer.allocateDirect(4 * size)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(table, bias);
    }

    @Override
    public double add(MicroBatch batch) {
        added.add(batch);
        return run(batch, true);
    }

    @Override
    public double loss(MicroBatch batch) {
        return run(batch, false);
    }

    private double run(MicroBatch batch, boolean gradients) {
        double loss = 0;
        for (EncodedExample row : batch.rows()) {
            for (int at = row.prompt(); at < row.ids().length; at++) {
                loss += label(row.ids()[at - 1], row.ids()[at], gradients);
            }
        }
        return loss;
    }

    private double label(int before, int label, boolean gradients) {
        double[] exp = new double[VOCABULARY];
        double sum = 0;
        for (int i = 0; i < VOCABULARY; i++) {
            exp[i] = Math.exp(table.values().get(before * VOCABULARY + i)
                    + (double) bias.values().get(i));
            sum += exp[i];
        }
        for (int i = 0; i < VOCABULARY && gradients; i++) {
            float gradient = (float) (exp[i] / sum - (i == label ? 1 : 0));
            int cell = before * VOCABULARY + i;
            table.gradient().put(cell, table.gradient().get(cell) + gradient);
            bias.gradient().put(i, bias.gradient().get(i) + gradient);
        }
        return -Math.log(exp[label] / sum);
    }

    /** {@return rows in which a token mostly follows its neighbour} */
    static EncodedExamples rows(int count) {
        List<EncodedExample> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = new int[3 + i % 5];
            for (int j = 0; j < ids.length; j++) {
                ids[j] = (i + j + (i * j % 3 == 2 ? 1 : 0)) % VOCABULARY;
            }
            rows.add(new EncodedExample("row " + i, ids, 1 + i % 2));
        }
        return new EncodedExamples(rows, 0, 0, 0);
    }

    @Override
    public void close() {}
}
