package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime 1.29 collects telemetry under the home of its user unless it is told not to before it is loaded. */
class TelemetryTest {

    @TempDir
    private Path folder;

    @Test
    void aRunLeavesNothingOfTheRuntimeInTheHome() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        Path pairs = Files.writeString(
                folder.resolve("pairs.jsonl"), "{\"instruction\": \"Why?\", \"response\": \"Because.\"}\n");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Duser.home=" + home,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "score",
                        "--model",
                        "nano",
                        "--in",
                        pairs.toString(),
                        "--out",
                        folder.resolve("scores.jsonl").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeAll(List.of("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "GITHUB_ACTIONS"));
        environment.put("HOME", home.toString());
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), "still running");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> read(folder.resolve("printed")));
        try (Stream<Path> left = Files.walk(home)) {
            assertEquals(
                    List.of(),
                    left.filter(Files::isRegularFile)
                            .map(file -> home.relativize(file).toString())
                            .filter(file -> !file.startsWith(".djl.ai") && !file.startsWith(".cache/JNA"))
                            .toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
