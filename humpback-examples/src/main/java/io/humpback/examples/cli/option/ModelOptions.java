package io.humpback.examples.cli.option;

import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.terminal.Waiting;
import io.humpback.model.LanguageModel;
import io.humpback.model.RewardModel;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Which model, and how it is run. */
public final class ModelOptions {

    private static final Pattern DEVICE = Pattern.compile("cpu|cuda(?::(\\d{1,3}))?");

    /** What names a model. */
    public static final String MODEL =
            "A Hugging Face folder, a .gguf file, an exported ONNX folder, nano, or on the hub org/name, org/name@revision or"
                    + " org/name:Q5_K_M (a quantisation or file), which is fetched into the cache of huggingface_hub.";

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(names = "--model", paramLabel = "M", description = MODEL)
    private @Nullable String model;

    private @Nullable Path path; // once it has been looked up

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description =
                    "An adapter made for the model, in PEFT's format, or a whole model trained from it; a folder, or org/name on the"
                            + " hub.")
    private @Nullable String adapter;

    @Option(
            names = "--precision",
            preprocessor = PrecisionAsShare.class,
            paramLabel = "P",
            description =
                    "${COMPLETION-CANDIDATES}, in any case; by default fp32, or what an exported model holds. On a CPU int8 is "
                            + "the fast one, int4 the small one.")
    private @Nullable Precision precision;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the CPU; all cores by default.")
    private @Nullable Integer threads;

    @Option(
            names = "--device",
            paramLabel = "D",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:N; ${DEFAULT-VALUE} by default.")
    private String device = "cpu";

    @Option(
            names = "--no-cache",
            description =
                    "Do not keep weights in int8 or int4 for the next time in ~/.cache/humpback (or HUMPBACK_CACHE).")
    private boolean uncached;

    /**
     * {@return the same but for some settings}
     *
     * @param settings such as {@code precision} and {@code int8}: options without their hyphens
     */
    public ModelOptions with(Map<String, String> settings) {
        ModelOptions other = new ModelOptions();
        other.spec = spec;
        other.model = model;
        other.adapter = adapter;
        other.precision = precision;
        other.threads = threads;
        other.device = device;
        other.uncached = uncached;
        settings.forEach((name, value) -> {
            switch (name) {
                case "model" -> other.model = named(name + "=", value);
                case "adapter" -> other.adapter = named(name + "=", value);
                case "precision" -> other.precision = precision(value);
                case "threads" -> other.threads = threads(value);
                case "device" -> other.device = value;
                default ->
                    throw wrongUse(name + "=" + value + ": expected precision, adapter, threads, device or model");
            }
        });
        return other;
    }

    /** {@return another model on the same device, in the same precision if none is given} */
    ModelOptions other(String name, @Nullable String itsAdapter, @Nullable Precision itsPrecision) {
        ModelOptions other = with(Map.of());
        other.model = name;
        other.adapter = itsAdapter;
        other.precision = itsPrecision == null ? precision : itsPrecision;
        return other;
    }

    private Precision precision(String value) {
        return Arrays.stream(Precision.values())
                .filter(one -> one.key().equalsIgnoreCase(value))
                .findFirst()
                .orElseThrow(() -> wrongUse("precision=" + value + ": expected one of " + List.of(Precision.values())));
    }

    /** An empty name, as a shell makes of a variable that is not set, would be the current folder. */
    String named(String option, String value) {
        if (value.isEmpty()) {
            throw wrongUse(option + ": found an empty name, expected a model's");
        }
        return value;
    }

    private int threads(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw wrongUse("threads=" + value + ": expected a number");
        }
    }

    /** {@return the words that give the same to a command in another process} */
    public List<String> words() {
        List<String> words = new ArrayList<>();
        option(words, "--model", model);
        option(words, "--adapter", adapter);
        option(words, "--precision", precision == null ? null : precision.key());
        option(words, "--threads", threads);
        option(words, "--device", device);
        if (uncached) {
            words.add("--no-cache");
        }
        return List.copyOf(words);
    }

    private static void option(List<String> words, String name, @Nullable Object value) {
        if (value != null) {
            words.addAll(List.of(name, value.toString()));
        }
    }

    /** {@return whether a model was named} */
    public boolean given() {
        return model != null;
    }

    /** Usage use of the command if a precision is given. */
    public void refusePrecision(String instead) {
        if (precision != null) {
            throw wrongUse("--precision = " + precision.key() + ": expected " + instead);
        }
    }

    /** Wrong use of the command if no model is named. */
    public void require() {
        if (model == null) {
            throw wrongUse("Missing required option: '--model=M'");
        }
        named("--model", model);
    }

    /** {@return where the model lies that {@code --model} names, fetched where that is on the hub} */
    public Path path() throws IOException {
        require();
        if (path == null) {
            path = HubFiles.model(Objects.requireNonNull(spec), Objects.requireNonNull(model));
        }
        return path;
    }

    public LanguageModel load() throws IOException {
        return load(options -> options);
    }

    /** {@return the model, loaded; the caller closes it} */
    public LanguageModel load(UnaryOperator<LoadOptions> more) throws IOException {
        Path there = path();
        LoadOptions options = more.apply(options());
        Waiting opening = opening(Objects.requireNonNull(model));
        try {
            return context().models().load(there, options);
        } finally {
            opening.close();
        }
    }

    private Waiting opening(String name) {
        return new Waiting(context().terminal(), "opening " + name);
    }

    private Context context() {
        return Context.of(Objects.requireNonNull(spec));
    }

    /**
     * {@return the number of rows that are worked on by themselves} A portion is a whole number of the windows in which a
     * GPU sorts prompts by their length; writing leaves places of a batch empty at its end, reading on a CPU loses nothing.
     *
     * @param writes whether the model writes
     */
    public int portion(boolean writes) {
        return writes || device().isCuda() ? 512 : 64;
    }

    /** {@return the reward model that {@code --model} names, loaded; the caller closes it} */
    public RewardModel loadReward() throws IOException {
        return loadReward(path(), options());
    }

    /** {@return a reward model beside the named one, loaded as that is, but without its adapter; the caller closes it} */
    public RewardModel loadReward(Path other) throws IOException {
        return loadReward(other, options().adapter(Optional.empty()));
    }

    private RewardModel loadReward(Path path, LoadOptions options) throws IOException {
        Waiting opening = opening(path.toString());
        try {
            return context().models().loadReward(path, options);
        } finally {
            opening.close();
        }
    }

    /** {@return how the model is loaded} */
    public LoadOptions options() throws IOException {
        LoadOptions options = LoadOptions.defaults().device(device()).caching(!uncached);
        if (adapter != null) {
            options = options.adapter(
                    Optional.of(HubFiles.model(Objects.requireNonNull(spec), named("--adapter", adapter))));
        }
        return precision == null ? options : options.precision(precision);
    }

    private Device device() {
        Matcher found = DEVICE.matcher(device);
        if (!found.matches()) {
            throw wrongUse("--device = " + device + ": expected cpu, cuda or cuda:N");
        }
        boolean cpu = device.equals("cpu");
        if (threads != null && !cpu) {
            throw wrongUse("--threads is for --device cpu");
        }
        if (threads != null && threads < 1) {
            throw wrongUse("--threads = " + threads + ": expected at least 1");
        }
        if (cpu) {
            return threads == null ? Device.cpu() : Device.cpu(threads);
        }
        return Device.cuda(found.group(1) == null ? 0 : Integer.parseInt(found.group(1)));
    }

    ParameterException wrongUse(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
}
