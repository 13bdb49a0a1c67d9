package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.internal.JsonFields;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How to train: a plan of a file, or the default one, with what options change of it. */
public final class PlanOptions {

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    @Option(
            names = "--plan",
            paramLabel = "F",
            description = "A JSON object of settings: learning_rate, batch, lora {rank, alpha, dropout, targets}, ...")
    private @Nullable Path file;

    @Option(names = "--full", description = "Train every weight instead of a low-rank change.")
    private boolean full;

    @Option(names = "--rank", paramLabel = "N", description = "Rank of the change; its alpha is twice that.")
    private @Nullable Integer rank;

    @Option(
            names = "--frozen",
            paramLabel = "P",
            description =
                    "fp32 or int8, in any case: how products with weights that are not trained are computed; fp32 by "
                            + "default. Int8 is faster and smaller, and nearly as exact.")
    private TrainingPlan.@Nullable Frozen frozen;

    @Option(names = "--learning-rate", paramLabel = "R", description = "The highest rate.")
    private @Nullable Double learningRate;

    @Option(names = "--batch", paramLabel = "N", description = "Examples an optimizer step.")
    private @Nullable Integer batch;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the examples.")
    private @Nullable Double epochs;

    @Option(names = "--steps", paramLabel = "N", description = "Optimizer steps, in place of epochs.")
    private @Nullable Integer steps;

    @Option(names = "--held-out", paramLabel = "P", description = "Share of the rows that is measured, not learnt.")
    private @Nullable Double heldOut;

    @Option(names = "--checkpoint-every", paramLabel = "N", description = "Steps between checkpoints.")
    private @Nullable Integer checkpointEvery;

    /**
     * {@return the plan; wrong use of the command if a setting is unknown or out of range}
     *
     * @throws IOException if the file cannot be read
     */
    public TrainingPlan plan(CommandSpec command, Consumer<TrainingPlan.Builder> more) throws IOException {
        try {
            return plan(more);
        } catch (IllegalArgumentException e) {
            throw Usage.wrong(command, e);
        }
    }

    private TrainingPlan plan(Consumer<TrainingPlan.Builder> more) throws IOException {
        TrainingPlan.Builder plan = (full ? TrainingPlan.full() : TrainingPlan.lowRank()).toBuilder();
        if (file != null) {
            JsonNode settings = JSON.readTree(file.toFile());
            if (!settings.isObject()) {
                throw new IllegalArgumentException(file + ": expected a JSON object of settings");
            }
            read(plan, settings);
        }
        set(rank, value -> plan.lora(Optional.of(Lora.of(value))));
        set(frozen, plan::frozen);
        set(learningRate, plan::learningRate);
        set(batch, plan::batch);
        set(epochs, plan::epochs);
        set(steps, plan::steps);
        set(heldOut, plan::heldOut);
        set(checkpointEvery, plan::checkpointEvery);
        more.accept(plan);
        return plan.build();
    }

    /** Applies a setting if it was given. */
    public static <T> void set(@Nullable T value, Consumer<T> setting) {
        if (value != null) {
            setting.accept(value);
        }
    }

    private static void read(TrainingPlan.Builder plan, JsonNode settings) {
        Map<String, Map.Entry<String, Object>> known = new TreeMap<>(); // by the name in JSON
        plan.build().settings().forEach((name, now) -> known.put(jsonName(name), Map.entry(name, now)));
        settings.properties().forEach(setting -> {
            Map.Entry<String, Object> found = known.get(setting.getKey());
            if (found == null) {
                throw unknown(setting.getKey(), known.keySet().toString());
            }
            try {
                plan.set(found.getKey(), value(found.getKey(), found.getValue(), setting.getValue()));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("plan: " + setting.getKey() + ": " + e.getMessage(), e);
            }
        });
    }

    /** {@return {@code learning_rate} for {@code learningRate}} */
    private static String jsonName(String name) {
        return name.replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT);
    }

    private static Object value(String name, Object now, JsonNode value) {
        if (name.equals("lora")) {
            return value.isNull() ? Optional.empty() : Optional.of(lora(value));
        } else if (now instanceof Double) {
            return name.equals("clip") && value.isNull() ? Double.POSITIVE_INFINITY : number(value);
        } else if (now instanceof Integer) {
            return whole(value);
        } else if (now instanceof Long) {
            return value.longValue();
        }
        return one(((Enum<?>) now).getDeclaringClass(), value);
    }

    private static Lora lora(JsonNode settings) {
        Set<Target> targets = new HashSet<>();
        settings.path("targets").forEach(target -> targets.add(one(Target.class, target)));
        Set<String> known = Set.of("rank", "alpha", "rank_stabilised", "dropout", "targets");
        settings.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw unknown("lora." + name, known.toString());
            }
        });
        int rank = settings.has("rank") ? whole(settings.get("rank")) : 16;
        return new Lora(
                rank,
                number(settings, "alpha", 2.0 * rank),
                settings.path("rank_stabilised").asBoolean(),
                number(settings, "dropout", 0),
                settings.has("targets") ? targets : EnumSet.allOf(Target.class));
    }

    private static IllegalArgumentException unknown(String name, String expected) {
        return new IllegalArgumentException("plan: unknown setting " + name + ", expected one of " + expected);
    }

    private static double number(JsonNode settings, String name, double otherwise) {
        return settings.has(name) ? number(settings.get(name)) : otherwise;
    }

    private static double number(JsonNode value) {
        if (!value.isNumber()) {
            throw new IllegalArgumentException(JsonFields.found(value) + ", expected a number");
        }
        return value.doubleValue();
    }

    private static int whole(JsonNode value) {
        if (!value.isInt()) {
            throw new IllegalArgumentException(JsonFields.found(value) + ", expected a whole number");
        }
        return value.intValue();
    }

    private static <E extends Enum<E>> E one(Class<E> kind, JsonNode value) {
        return Enum.valueOf(kind, value.asText().toUpperCase(Locale.ROOT));
    }
}
