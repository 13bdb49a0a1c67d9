package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.LanguageModel;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import io.humpback.run.Forecast;
import io.humpback.run.Humpback;
import io.humpback.run.RunListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole loop on nano in processes of their own, which are killed by SIGKILL after any event. */
class KilledTrialTest {

    private static final String LAST = "finished";

    @TempDir
    private Path folder;

    /** The child: prints a line for each event of the run. */
    public static void main(String[] args) throws IOException {
        try (LanguageModel model = OnnxModel.load(
                Nano.resolve(Path.of(Nano.NAME)), LoadOptions.defaults().device(Device.cpu(1)))) {
            new Trial(5, 6, 8, 4)
                    .loop(Path.of(args[0]), model)
                    .listener(new Told())
                    .run();
        }
        System.out.println(LAST);
    }

    private static final class Told implements RunListener {
        @Override
        public void began(String stage) {
            System.out.println(stage);
        }

        @Override
        public void forecast(Forecast forecast) {
            System.out.println(forecast.stage() + " foreseen");
        }

        @Override
        public void advanced(String stage, long done, OptionalLong of, double secondsLeft) {
            System.out.println(stage + " " + done);
        }

        @Override
        public void stepped(Step step) {
            System.out.println("step " + step.step());
        }

        @Override
        public void ended(String stage, double seconds) {
            System.out.println(stage + " ended");
        }
    }

    @Test
    void aKilledRunEndsWithTheBytesOfOneThatWasNot() throws Exception {
        Path run = folder.resolve("run"); // one folder for both, whose name is part of the pages' addresses
        int events = told(run, Integer.MAX_VALUE);
        Map<String, byte[]> whole = files(run);
        Files.move(run, folder.resolve("whole"));
        Random random = new Random(11);
        int kills = 0;
        for (int i = 0; i < (Boolean.getBoolean("humpback.kill.all") ? 30 : 4); i++) {
            int after = 1 + random.nextInt(events / 3);
            kills += told(run, after) == after ? 1 : 0;
        }
        assertTrue(kills > 1, kills + " were killed");
        told(run, Integer.MAX_VALUE);
        Map<String, byte[]> resumed = files(run);
        assertEquals(whole.keySet(), resumed.keySet());
        whole.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, resumed.get(name)), name));
        assertEquals(List.of(), Humpback.verify(run));
    }

    /** {@return exports and trained weights} */
    private static Map<String, byte[]> files(Path run) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(run)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                if (name.startsWith("export") || name.endsWith(".safetensors")) {
                    files.put(name, Files.readAllBytes(file));
                }
            }
        }
        assertTrue(files.size() > 6, files.keySet().toString());
        return files;
    }

    /** Runs a child and kills it after so many events. @return how many it told */
    private int told(Path run, int after) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors.txt");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        KilledTrialTest.class.getName(),
                        run.toString())
                .redirectError(errors.toFile())
                .start();
        int count = 0;
        String last = "";
        try (BufferedReader told = child.inputReader(StandardCharsets.UTF_8)) {
            for (String line = told.readLine(); line != null && count < after; line = told.readLine()) {
                last = line;
                count += line.equals(LAST) ? 0 : 1;
            }
            child.destroyForcibly();
            child.waitFor(60, TimeUnit.SECONDS);
        }
        assertTrue(count == after || last.equals(LAST), () -> {
            try {
                return Files.readString(errors);
            } catch (IOException e) {
                return e.toString();
            }
        });
        return count;
    }
}
