package io.humpback.examples.cli.command.check;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the system tells of this machine. */
final class Machine {

    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");

    /** Features of processors that products of the precisions are computed with, in the order in which they help. */
    private static final List<String> FEATURES =
            List.of("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "i8mm", "asimddp", "asimd");

    private Machine() {}

    /** {@return memory that can be had without swapping, in bytes} */
    static long availableMemory() {
        return field(MEMORY, "MemAvailable")
                .map(text -> Long.parseLong(text.replaceAll("\\D", "")) << 10)
                .orElseGet(() -> system().getFreeMemorySize());
    }

    /** {@return all memory, in bytes} */
    static long memory() {
        return system().getTotalMemorySize();
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    /** {@return the processor's name, as far as the system tells it} */
    static String processor() {
        return field(PROCESSOR, "model name").orElse(System.getProperty("os.arch"));
    }

    /** {@return the features that matter here; empty where the system does not tell} */
    static List<String> features() {
        Set<String> flags = field(PROCESSOR, "flags")
                .or(() -> field(PROCESSOR, "Features"))
                .map(text -> Arrays.stream(text.split(" ")).collect(Collectors.toSet()))
                .orElse(Set.of());
        return FEATURES.stream().filter(flags::contains).toList();
    }

    /** {@return what the features mean for the precisions} */
    static String meaning(List<String> features) {
        if (features.isEmpty()) {
            return "the system does not tell the processor's features";
        } else if (Stream.of("amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp")
                .anyMatch(features::contains)) {
            return "products of 8-bit numbers in hardware: int8 reads fastest, int4 writes a single text fastest";
        } else if (features.contains("avx512f")) {
            return "no products of 8-bit numbers in hardware: fp32 reads fastest, int4 writes a single text fastest, int8 many";
        } else if (features.contains("avx2")) {
            return "no products of 8-bit numbers in hardware: int8 gains memory more than time, int4 writes fastest";
        }
        return "no wide vector instructions: every precision is slow";
    }

    /** {@return bytes a second that all cores read together, measured in a moment} */
    static double bytesPerSecond() {
        int cores = ForkJoinPool.getCommonPoolParallelism() + 1;
        long[][] parts = new long[cores][(64 << 20) / Long.BYTES / cores + 1];
        long best = Long.MAX_VALUE;
        long sum = 0;
        for (int i = 0; i < 8; i++) {
            long start = System.nanoTime();
            sum += IntStream.range(0, cores)
                    .parallel()
                    .mapToLong(part -> {
                        long all = 0;
                        for (long value : parts[part]) {
                            all += value;
                        }
                        return all;
                    })
                    .sum();
            best = Math.min(best, System.nanoTime() - start);
        }
        return sum == 0 ? (64 << 20) / (best / 1e9) : 0;
    }

    /** {@return bytes that a user may still write at a place, which may not be there yet; -1 where nobody tells} */
    static long free(Path place) {
        for (Path at = place.toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at)) {
                try {
                    return Files.getFileStore(at).getUsableSpace();
                } catch (IOException e) {
                    return -1;
                }
            }
        }
        return -1;
    }

    /** {@return bytes of all files below a folder, 0 where there is none} */
    static long size(Path folder) {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !Files.isSymbolicLink(file))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return -1;
        }
    }

    private static Optional<String> field(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }
}
