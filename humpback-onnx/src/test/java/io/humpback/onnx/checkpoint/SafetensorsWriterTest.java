package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

    private static final float[] SIX = {0, 1, 2, 3, 4, 5};

    @TempDir
    Path folder;

    /** {@return what the reference writer makes: its tests give these bytes} */
    private static byte[] reference(String header, float... values) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 4 * values.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private byte[] written(SafetensorsWriter writer) throws IOException {
        Path path = folder.resolve("some.safetensors");
        writer.write(path);
        return Files.readAllBytes(path);
    }

    @Test
    void serialization() throws IOException {
        assertArrayEquals(
                reference("{\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_offsets\":[0,24]}}", SIX),
                written(new SafetensorsWriter().add("attn.0", SIX, 1, 2, 3)));
    }

    @Test
    void serializationForcedAlignment() throws IOException {
        assertArrayEquals(
                reference("{\"attn0\":{\"dtype\":\"F32\",\"shape\":[1,1,2,3],\"data_offsets\":[0,24]}}       ", SIX),
                written(new SafetensorsWriter().add("attn0", SIX, 1, 1, 2, 3)));
    }

    @Test
    void empty() throws IOException {
        assertArrayEquals(reference("{}      "), written(new SafetensorsWriter()));
        assertArrayEquals(
                reference("{\"__metadata__\":{\"framework\":\"pt\"}}     "),
                written(new SafetensorsWriter().metadata("framework", "pt")));
    }

    @Test
    void widerTypesComeFirstThenNames() throws IOException {
        SafetensorsWriter.Content two = channel -> channel.write(ByteBuffer.allocate(2));
        written(new SafetensorsWriter()
                .add("a", DType.F16, new long[] {1}, two)
                .add("b", DType.BF16, new long[] {1}, two)
                .add("d", new float[1], 1)
                .add("c", new float[1], 1));
        try (Safetensors file = Safetensors.open(folder.resolve("some.safetensors"))) {
            assertEquals(List.of("c", "d", "b", "a"), List.copyOf(file.names()));
        }
    }

    @Test
    void anOpenFileDoesNotChangeWhenItIsReplaced() throws IOException {
        Path path = folder.resolve("some.safetensors");
        new SafetensorsWriter().add("x", new float[] {1, 2}, 2).write(path);
        try (Safetensors old = Safetensors.open(path)) {
            new SafetensorsWriter().add("x", new float[] {3}, 1).write(path);
            assertArrayEquals(new float[] {1, 2}, Shared.floats(old.tensor("x")));
        }
        try (Safetensors file = Safetensors.open(path)) {
            assertArrayEquals(new float[] {3}, Shared.floats(file.tensor("x")));
        }
    }

    @Test
    void aFailedWriteLeavesWhatWasThereAndNothingElse() throws IOException {
        Path path = folder.resolve("some.safetensors");
        new SafetensorsWriter().add("x", SIX, 6).write(path);
        byte[] before = Files.readAllBytes(path);
        SafetensorsWriter.Content failing = channel -> {
            channel.write(ByteBuffer.allocate(4));
            throw new IOException("disk full");
        };
        SafetensorsWriter.Content tooLong = channel -> channel.write(ByteBuffer.allocate(12));
        long[] two = {2};
        assertThrows(
                IOException.class,
                () -> new SafetensorsWriter().add("x", DType.F32, two, failing).write(path));
        assertThrows(
                IllegalStateException.class,
                () -> new SafetensorsWriter().add("x", DType.F32, two, tooLong).write(path));
        assertThrows(
                IllegalStateException.class,
                () -> new SafetensorsWriter().add("x", new float[3], two).write(path));
        assertArrayEquals(before, Files.readAllBytes(path));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(path), files.toList());
        }
    }

    @Test
    void whatCannotBeWrittenIsRefusedWhenItIsAdded() {
        SafetensorsWriter writer = new SafetensorsWriter().add("x", SIX, 6);
        assertThrows(IllegalArgumentException.class, () -> writer.add("x", SIX, 6));
        assertThrows(IllegalArgumentException.class, () -> writer.add("__metadata__", SIX, 6));
        assertThrows(IllegalArgumentException.class, () -> writer.add("y", SIX, -6));
        assertThrows(IllegalArgumentException.class, () -> writer.add("y", DType.Q8_0, new long[] {32}, channel -> {}));
    }

    @Property(tries = 100)
    void whatIsWrittenIsReadAgain(@ForAll("shapes") List<List<Long>> shapes, @ForAll long seed) throws IOException {
        Path folder = Files.createTempDirectory("writer");
        Path path = folder.resolve("first");
        Path copy = folder.resolve("copy");
        try {
            Random random = new Random(seed);
            Map<String, float[]> values = new TreeMap<>();
            SafetensorsWriter writer = new SafetensorsWriter().metadata("a \"key\"\n", "\u00e9\ud83d\udc0b\u0000");
            for (int i = 0; i < shapes.size(); i++) {
                String name = "t." + i + "\"\u00fc";
                long[] shape = shapes.get(i).stream().mapToLong(n -> n).toArray();
                float[] floats = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
                for (int j = 0; j < floats.length; j++) {
                    floats[j] = Float.intBitsToFloat(random.nextInt());
                }
                values.put(name, floats);
                writer.add(name, floats, shape);
            }
            writer.write(path);
            SafetensorsWriter copier = new SafetensorsWriter();
            try (Safetensors file = Safetensors.open(path)) {
                assertEquals(values.keySet(), file.names());
                assertEquals(Map.of("a \"key\"\n", "\u00e9\ud83d\udc0b\u0000"), file.metadata());
                file.metadata().forEach(copier::metadata);
                for (int i = 0; i < shapes.size(); i++) {
                    Tensor tensor = file.tensor("t." + i + "\"\u00fc");
                    assertEquals(
                            shapes.get(i), Arrays.stream(tensor.shape()).boxed().toList());
                    assertArrayEquals(values.get(tensor.name()), Shared.floats(tensor));
                    copier.add(tensor);
                }
                copier.write(copy);
            }
            assertArrayEquals(Files.readAllBytes(path), Files.readAllBytes(copy));
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(copy);
            Files.delete(folder);
        }
    }

    @Provide
    Arbitrary<List<List<Long>>> shapes() {
        return Arbitraries.longs().between(0, 6).list().ofMaxSize(4).list().ofMaxSize(5);
    }

    @Test
    void aReferenceFileCopiesBitForBit() throws IOException {
        Path reference = Shared.file("data/golden/tiny-llama3/model.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Safetensors file = Safetensors.open(reference)) {
            file.metadata().forEach(writer::metadata);
            file.names().forEach(name -> writer.add(file.tensor(name)));
            assertArrayEquals(Files.readAllBytes(reference), written(writer));
        }
    }
}
