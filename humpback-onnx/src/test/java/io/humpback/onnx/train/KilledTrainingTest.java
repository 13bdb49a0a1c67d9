package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that train are killed; what the last one leaves has the bits of a training that nobody disturbed. */
class KilledTrainingTest {

    private static final int STEPS = 120;

    @TempDir
    Path folder;

    private static void train(Path folder, TrainingListener listener) throws IOException {
        TrainingPlan plan = TrainingPlan.full().toBuilder()
                .learningRate(0.01)
                .batch(5)
                .steps(STEPS)
                .microBatchTokens(12)
                .heldOut(0.2)
                .checkpointEvery(3)
                .build();
        SavePoint begun = SavePoint.read(folder).orElse(SavePoint.beginning(Map.of()));
        Training.run(new Bigrams(), Bigrams.rows(30), plan, folder, begun, listener, 1);
    }

    /** What a child process runs. */
    public static final class Child {
        private Child() {}

        /** Trains in a folder. @param args the folder */
        public static void main(String[] args) throws IOException {
            train(Path.of(args[0]), step -> System.out.println(step.step()));
            System.out.println("done");
        }
    }

    /** {@return whether the child came to its end} @param lines that it prints before it is killed */
    private boolean run(Path in, int lines, Random random) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        in.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line; (line = out.readLine()) != null; ) {
                if (line.equals("done")) {
                    assertEquals(0, child.waitFor());
                    return true;
                }
                if (++seen > lines) {
                    Thread.sleep(random.nextInt(4)); // anywhere between two checkpoints, or within one
                    break;
                }
            }
            child.destroyForcibly().waitFor();
            return false;
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void theEndIsTheSameToTheBit() throws IOException, InterruptedException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        train(whole, TrainingListener.NONE);
        Path killed = Files.createDirectory(folder.resolve("killed"));
        Random random = new Random(11);
        int kills = 0;
        while (!run(killed, kills < 3 ? random.nextInt(40) : STEPS, random)) {
            kills++;
        }
        assertTrue(kills >= 3, "kills " + kills);
        try (Safetensors expected = Safetensors.open(whole.resolve(SavePoint.FILE));
                Safetensors found = Safetensors.open(killed.resolve(SavePoint.FILE))) {
            assertEquals(expected.names(), found.names());
            assertEquals(6, found.names().size());
            for (String name : expected.names()) {
                assertArrayEquals(floats(expected.tensor(name)), floats(found.tensor(name)), name);
            }
        }
        assertEquals(steps(whole), steps(killed));
        assertTrue(Files.readString(killed.resolve(History.CURVE)).endsWith("</svg>\n"));
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.rows() * tensor.rowLength()];
        tensor.floats(0, (int) tensor.rows(), values, 0);
        return values;
    }

    /** What is told of which step, without the times. */
    private static List<String> steps(Path folder) throws IOException {
        return Files.readAllLines(folder.resolve(History.LINES)).stream()
                .map(line -> line.replaceAll("\"(time|seconds|tokens_per_second)\":[^,}]+", ""))
                .toList();
    }
}
