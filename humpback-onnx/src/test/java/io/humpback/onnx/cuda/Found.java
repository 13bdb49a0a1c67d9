package io.humpback.onnx.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process did on the stand-in.
 *
 * @param counted by the name of a section, what was counted in it
 * @param onCpu operators of the nodes that the runtime placed on the CPU, with their names
 * @param onCuda operators of those on the device
 * @param said what the work said, or nothing
 */
record Found(Map<String, Counted> counted, Set<String> onCpu, Set<String> onCuda, String said) {

    private static final String SUFFIX = ".counts";
    private static final Pattern PLACED = Pattern.compile("laced on \\[(\\w+)ExecutionProvider\\]");
    private static final Pattern NODE = Pattern.compile("VerifyEachNodeIsAssignedToAnEp\\]\\s+(\\S+) \\((.*)\\)\\s*$");

    /** How often something happened, and with how many bytes; or, of a kernel, on how many threads. */
    record Count(long times, long size) {}

    /** Counts by name. */
    record Counted(Map<String, Count> byName) {

        long times(Predicate<String> name) {
            return byName.entrySet().stream()
                    .filter(entry -> name.test(entry.getKey()))
                    .mapToLong(entry -> entry.getValue().times())
                    .sum();
        }

        long size(String name) {
            return byName.getOrDefault(name, new Count(0, 0)).size();
        }

        /** {@return kernels and products} */
        long launches() {
            return times(
                    name -> name.startsWith("kernel ") || name.startsWith("product ") || name.startsWith("cuDNN "));
        }

        long copiesToDevice() {
            return times("copy to the device"::equals);
        }

        long copiesToHost() {
            return times("copy to the host"::equals);
        }

        long peak() {
            return size("peak");
        }
    }

    /** {@return what the process left in a folder, and told its log} */
    static Found read(Path folder, Path log) throws IOException {
        Map<String, Counted> counted = new HashMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                Map<String, Count> counts = new TreeMap<>();
                for (String line : Files.readAllLines(file)) {
                    String[] fields = line.split("\t", 3);
                    counts.put(fields[2], new Count(Long.parseLong(fields[0]), Long.parseLong(fields[1])));
                }
                counted.put(file.getFileName().toString().replace(SUFFIX, ""), new Counted(counts));
            }
        }
        Set<String> onCpu = new LinkedHashSet<>();
        Set<String> onCuda = new LinkedHashSet<>();
        Set<String> now = onCuda;
        for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
            Matcher placed = PLACED.matcher(line);
            if (placed.find()) {
                now = placed.group(1).equals("CPU") ? onCpu : onCuda;
            }
            Matcher node = NODE.matcher(line);
            if (node.find()) {
                now.add(node.group(1) + " " + node.group(2));
            }
        }
        Path said = folder.resolve(CudaWork.SAID);
        return new Found(counted, onCpu, onCuda, Files.exists(said) ? Files.readString(said) : "");
    }

    Counted section(String name) {
        Counted found = counted.get(name);
        if (found == null) {
            throw new AssertionError("no section " + name + " in " + counted.keySet());
        }
        return found;
    }
}
