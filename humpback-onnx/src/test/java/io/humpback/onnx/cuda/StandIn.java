package io.humpback.onnx.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * ONNX Runtime's own CUDA provider over a stand-in for the libraries of CUDA, which is built here from C: the provider looks up
 * kernels, places nodes, fuses, checks and launches as on a GPU, and nothing is computed. Each use is a process of its own.
 */
final class StandIn {

    private static final List<String> NATIVES =
            List.of("onnxruntime", "onnxruntime4j_jni", "onnxruntime_providers_shared", "onnxruntime_providers_cuda");
    private static final long MOST_SECONDS = 120;

    private final Path folder;
    private final Path natives;

    private StandIn(Path folder, Path natives) {
        this.folder = folder;
        this.natives = natives;
    }

    /** {@return the stand-in, built in a folder; the test is skipped where a tool for it is absent} */
    static StandIn build(Path folder) throws IOException, InterruptedException {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "the stand-in for CUDA is for Linux on x64");
        Path jar = jar();
        assumeTrue(
                Files.exists(jar),
                jar + " is not there: mvn dependency:get -Dtransitive=false -Dartifact=com.microsoft"
                        + ".onnxruntime:onnxruntime_gpu:VERSION fetches it");
        assumeTrue(hasCompiler(), "no gcc to build the stand-in for CUDA with");
        StandIn built = new StandIn(folder, unpacked(jar));
        Files.createDirectories(folder.resolve("cudnn"));
        Files.createDirectories(folder.resolve("driver"));
        built.compile("cudart.c", "libcudart.so.12");
        built.compile("cublas.c", "libcublas.so.12", "-L.", "-l:libcudart.so.12");
        built.compile("cublas.c", "libcublasLt.so.12", "-DLT", "-L.", "-l:libcudart.so.12");
        built.compile("driver.c", "libcuda.so.1");
        built.compile("driver.c", "driver/libcuda.so.1");
        built.compile("curand.c", "libcurand.so.10");
        built.compile("cudnn.c", "cudnn/libcudnn.so.9", "-L.", "-l:libcudart.so.12");
        return built;
    }

    /** Of the runtime with CUDA, beside the one that tests run on if that is another. */
    private static Path jar() {
        try {
            Path used = Path.of(OrtEnvironment.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return Path.of(used.toString()
                    .replace("/onnxruntime/onnxruntime/", "/onnxruntime/onnxruntime_gpu/")
                    .replace("/onnxruntime-", "/onnxruntime_gpu-"));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean hasCompiler() throws InterruptedException {
        try {
            return new ProcessBuilder("gcc", "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** They are 630 MB, so that they are kept for the next time. */
    private static Path unpacked(Path jar) throws IOException {
        Path to = Path.of("target", jar.getFileName().toString().replace(".jar", ""))
                .toAbsolutePath();
        Files.createDirectories(to);
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (String native_ : NATIVES) {
                String name = System.mapLibraryName(native_);
                ZipEntry entry = zip.getEntry("ai/onnxruntime/native/linux-x64/" + name);
                Path file = to.resolve(name);
                if (!Files.exists(file) || Files.size(file) != entry.getSize()) {
                    Path part = to.resolve(name + ".part");
                    try (InputStream packed = zip.getInputStream(entry)) {
                        Files.copy(packed, part, StandardCopyOption.REPLACE_EXISTING);
                    }
                    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return to;
    }

    private void compile(String source, String library, String... options) throws IOException, InterruptedException {
        String soname = Path.of(library).getFileName().toString();
        try (InputStream in = StandIn.class.getResourceAsStream(source)) {
            Files.write(folder.resolve(source), in.readAllBytes());
        }
        Path versions = folder.resolve(soname + ".map");
        Files.writeString(versions, soname + " { global: *; };");
        List<String> command = new ArrayList<>(
                List.of("gcc", "-O1", "-w", "-fPIC", "-shared", "-o", library, source, "-Wl,-soname," + soname));
        command.add("-Wl,--version-script=" + versions);
        command.addAll(List.of(options));
        Process gcc = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(gcc.getInputStream().readAllBytes());
        assertEquals(0, gcc.waitFor(), command + ": " + said);
    }

    /** {@return a machine with a GPU and its driver, and no library of CUDA} */
    Machine withoutLibraries() {
        return Machine.H100.with("LD_LIBRARY_PATH", folder.resolve("driver").toString());
    }

    /** How a process finds the device. */
    record Machine(boolean cudnn, Map<String, String> environment) {
        static final Machine H100 = new Machine(false, Map.of());

        Machine withCudnn() {
            return new Machine(true, environment);
        }

        Machine with(String name, String value) {
            Map<String, String> more = new HashMap<>(environment);
            more.put(name, value);
            return new Machine(cudnn, more);
        }
    }

    /** {@return what a process finds that does some work on a device} */
    Found run(Machine machine, CudaWork work, Path checkpoint, String... settings)
            throws IOException, InterruptedException {
        Path out = Files.createTempDirectory(folder, "run");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Donnxruntime.native.path=" + natives,
                "-Dhumpback.cache=off",
                CudaWork.class.getName(),
                work.name(),
                checkpoint.toString(),
                out.toString()));
        command.addAll(List.of(settings));
        Path log = out.resolve("log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        // not on the command line, which the runtime recurses over
        environment.put("CLASSPATH", System.getProperty("java.class.path"));
        environment.put("LD_LIBRARY_PATH", folder + (machine.cudnn() ? ":" + folder.resolve("cudnn") : ""));
        environment.put("ORT_DISABLE_TELEMETRY", "1");
        environment.putAll(machine.environment());
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), "still running: " + tail(log));
            assertEquals(0, process.exitValue(), () -> tail(log));
        } finally {
            process.destroyForcibly();
        }
        return Found.read(out, log);
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> !line.contains("[I:") && !line.contains("[V:"))
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
