package io.humpback.examples.cli.command.check;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.nano.Nano;
import io.humpback.hub.Hub;
import io.humpback.onnx.Device;
import io.humpback.onnx.Precision;
import io.humpback.onnx.cache.CacheSettings;
import io.humpback.onnx.cache.WeightCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What this machine can do, on a screen. */
@Command(
        name = "doctor",
        sortOptions = false,
        description =
                "Says whether the native libraries run and what is missing if not, what the processor means for the "
                        + "precisions, memory, disk and caches, and which models at hand would run in which precision. Nothing is "
                        + "fetched and no token is shown. Exit status 1 if models cannot run.")
public final class DoctorCommand extends ReportingCommand {

    /** More are not listed, so that all fits a screen. */
    private static final int MOST_MODELS = 15;

    private static final String RUNS = "runs";

    @Option(
            names = "--model",
            arity = "1..*",
            paramLabel = "M",
            description =
                    "Models to look at besides nano and those in the hub's cache: folders, .gguf files, or names that"
                            + " are in the cache.")
    private List<String> models = List.of();

    @Override
    protected ObjectNode execute() throws IOException {
        ObjectNode summary = JsonLines.row();
        summary.put(
                "java",
                System.getProperty("java.version") + ", " + System.getProperty("os.name") + " on "
                        + System.getProperty("os.arch") + ", heap up to "
                        + gigabytes(Runtime.getRuntime().maxMemory()));
        String fault = Natives.fault(Device.cpu(), Precision.INT8);
        summary.put("runtime", fault == null ? "ONNX Runtime " + Natives.version() + ", " + RUNS : fault);
        summary.put("gpu", fault == null ? gpu() : "not tried");
        List<String> features = Machine.features();
        summary.put(
                "processor",
                Machine.processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
                        + (features.isEmpty() ? "" : String.join(" ", features) + ": ") + Machine.meaning(features));
        long available = Machine.availableMemory();
        double rate = Machine.bytesPerSecond();
        summary.put(
                "memory",
                gigabytes(Machine.memory()) + ", " + gigabytes(available) + " available, read at "
                        + gigabytes((long) rate) + "/s");
        place(summary, "working_folder", Path.of(""), false);
        place(summary, "temporary_files", Path.of(System.getProperty("java.io.tmpdir")), false);
        caches(summary);
        ArrayNode fits = summary.putArray("models");
        at().forEach((name, path) -> fits.add(ModelFit.of(name, path, available, rate)));
        summary.put("usable", fault == null);
        return summary;
    }

    @Override
    protected int status(ObjectNode summary) {
        return summary.get("usable").booleanValue() ? 0 : 1;
    }

    private static String gpu() {
        if (!Natives.hasCuda()) {
            return "none: this is the runtime without CUDA, mvn -Pgpu package builds the one with it";
        }
        String fault = Natives.fault(Device.cuda(0), Precision.BF16);
        return fault == null ? "cuda:0 " + RUNS : fault;
    }

    private void caches(ObjectNode summary) {
        try {
            Hub hub = HubFiles.hub(command());
            place(summary, "hub_cache", hub.cache(), true);
            summary.put("hub", hub.toString());
        } catch (IOException e) {
            summary.put("hub", Failure.line(e));
        }
        try {
            CacheSettings.standard()
                    .ifPresentOrElse(
                            settings -> place(summary, "weight_cache", new WeightCache(settings).folder(), true),
                            () -> summary.put("weight_cache", "off"));
        } catch (IllegalArgumentException e) {
            summary.put("weight_cache", Failure.line(e));
        }
        Path home = Path.of(System.getProperty("user.home"));
        ObjectNode others = summary.putObject("in_the_home");
        for (String cache : List.of(".djl.ai", ".cache/JNA", ".java/fonts")) {
            others.put(cache, gigabytes(Machine.size(home.resolve(cache))));
        }
    }

    /** A folder, whether it can be written, and the room that is left on its disk. */
    private static void place(ObjectNode summary, String name, Path folder, boolean sized) {
        Path absolute = folder.toAbsolutePath().normalize();
        String size = sized ? ", holds " + gigabytes(Machine.size(absolute)) : "";
        String written = Files.exists(absolute) && !Files.isWritable(absolute) ? ", cannot be written" : "";
        summary.put(name, absolute + size + written + ", " + gigabytes(Machine.free(absolute)) + " free");
    }

    /** {@return the models at hand by name} */
    private Map<String, Path> at() throws IOException {
        Map<String, Path> found = new TreeMap<>();
        for (String name : models) {
            Path path = HubFiles.cached(command(), name);
            if (!Files.exists(path)) {
                throw new NoSuchFileException(name);
            }
            found.put(name, path);
        }
        found.put(Nano.NAME, Nano.resolve(Path.of(Nano.NAME)));
        for (Map.Entry<String, Path> one : HubFiles.hub(command()).models().entrySet()) {
            if (found.size() < MOST_MODELS) {
                found.putIfAbsent(one.getKey(), one.getValue());
            }
        }
        return found;
    }

    private static String gigabytes(long bytes) {
        return bytes < 0
                ? "unknown"
                : String.format(
                        Locale.ROOT,
                        bytes < 100_000_000 ? "%.0f MB" : "%.1f GB",
                        bytes / (bytes < 100_000_000 ? 1e6 : 1e9));
    }
}
