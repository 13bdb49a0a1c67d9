package io.humpback.onnx.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.llama.RandomLlama;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class WeightsTest {

    private static final WeightName Q = new WeightName(1, Part.Q);

    public static ByteBuffer bytes(Weight weight) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        weight.data().writeTo(Channels.newChannel(out));
        assertEquals(weight.bytes(), out.size(), weight.name());
        return ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    public static float[] floats(Weight weight) throws IOException {
        float[] values = new float[(int) (weight.bytes() / 4)];
        bytes(weight).asFloatBuffer().get(values);
        return values;
    }

    private static Weights of(float... values) {
        return new Weights(name -> WeightRows.of(values, values.length));
    }

    private static short[] brain(float... values) throws IOException {
        short[] bits = new short[values.length];
        bytes(of(values).bfloat16(Q)).asShortBuffer().get(bits);
        return bits;
    }

    @Test
    void queriesKeysAndValuesLieOneBelowTheOther(@TempDir Path folder) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, RandomLlama.ODD, 1))) {
            Weights weights = Weights.of(checkpoint);
            Weight all = weights.floats(Q.with(Part.QKV));
            assertEquals(Shape.of(6 * 48 + 2 * 48 + 2 * 48, 96), all.shape());
            float[] values = floats(all);
            int done = 0;
            for (Part part : List.of(Part.Q, Part.K, Part.V)) {
                for (float value : floats(weights.floats(Q.with(part)))) {
                    assertEquals(value, values[done++]);
                }
            }
            assertEquals(values.length, done);
        }
    }

    /** Otherwise a format in blocks would take over the tensors that are left, as if they were all rows. */
    @Test
    void joinedRowsOfWhichSomeAreChangedAreNoTensors(@TempDir Path folder) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, RandomLlama.ODD, 1))) {
            Function<WeightName, WeightRows> source = Weights.source(checkpoint);
            Function<WeightName, WeightRows> changed = name -> {
                WeightRows rows = source.apply(name);
                return name.part() == Part.Q ? rows.changed((row, count, values, at) -> values[at]++) : rows;
            };
            WeightName joined = Q.with(Part.QKV);
            assertEquals(3, new Weights(source).rows(joined).tensors().size());
            assertEquals(List.of(), new Weights(changed).rows(joined).tensors());
            assertEquals(
                    2, new Weights(changed).rows(Q.with(Part.GATE_UP)).tensors().size());
        }
    }

    @Test
    void aTiedHeadIsTheEmbedding(@TempDir Path folder) throws IOException {
        RandomLlama.Form tied = new RandomLlama.Form(64, 32, 64, 1, 2, 1, 16, true, false);
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, tied, 1))) {
            Weights weights = Weights.of(checkpoint);
            assertArrayEquals(floats(weights.floats(WeightName.EMBEDDING)), floats(weights.floats(WeightName.HEAD)));
        }
    }

    @Test
    void normsAreVectors() {
        assertEquals(Shape.of(3), of(1, 2, 3).floats(WeightName.FINAL_NORM).shape());
        assertEquals(Shape.of(1, 3), of(1, 2, 3).floats(Q).shape());
        assertEquals(ElementType.BFLOAT16, of(1).bfloat16(Q).type());
        assertEquals(
                "model.layers.1.self_attn.q_proj.weight.bf16", of(1).bfloat16(Q).name());
    }

    @Test
    void bfloat16RoundsToNearestEven() throws IOException {
        assertArrayEquals(
                new short[] {0x3f80, 0x3f80, 0x3f81, 0x3f82, 0x3f82, (short) 0xbf81},
                brain(
                        1f,
                        Float.intBitsToFloat(0x3f808000), // half way: to the even one below
                        Float.intBitsToFloat(0x3f808001),
                        Float.intBitsToFloat(0x3f818000), // half way: to the even one above
                        Float.intBitsToFloat(0x3f81ffff),
                        Float.intBitsToFloat(0xbf808001)));
    }

    @Test
    void bfloat16KeepsWhatIsNoNumber() throws IOException {
        assertArrayEquals(
                new short[] {0x7f80, (short) 0xff80, 0x7fc0, 0, (short) 0x8000, 0x7f80},
                brain(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, 0f, -0f, Float.MAX_VALUE));
        assertEquals(0x7fc0, brain(Float.intBitsToFloat(0x7f800001))[0] & 0x7fc0);
    }

    @Test
    void everyBfloat16NumberGoesOverBitForBit() throws IOException {
        float[] values = new float[1 << 16];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(i << 16);
        }
        short[] bits = brain(values);
        for (int i = 0; i < values.length; i++) {
            if (!Float.isNaN(values[i])) {
                assertEquals((short) i, bits[i]);
            }
        }
    }
}
