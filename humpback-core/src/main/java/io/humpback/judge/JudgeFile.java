package io.humpback.judge;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.humpback.data.DataException;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.ContentId;
import io.humpback.internal.JsonFaults;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a training leaves, in a folder as {@value #NAME}: plain JSON, numbers as they are.
 *
 * @param format {@value #FORMAT}
 * @param model fingerprint of the model that it reads, with which alone its numbers mean anything
 * @param rewardModel fingerprint of the reward model on the panel; null without one
 * @param prompts fingerprints of the rubrics
 * @param labels fingerprint of the pairs and their labels
 * @param rows how many there were
 * @param good how many of them were good
 * @param seed of the folds
 * @param layers numbers of the blocks whose states were read
 * @param width of a state
 * @param signals names of what judges say, in order
 * @param trained what was learned
 * @param figures how well each judge tells good pairs apart that it has not seen
 */
record JudgeFile(
        String format,
        String model,
        @Nullable String rewardModel,
        String prompts,
        String labels,
        int rows,
        int good,
        long seed,
        List<Integer> layers,
        int width,
        List<String> signals,
        Trained trained,
        List<Figure> figures) {

    static final String NAME = "judge.json";

    static final String FORMAT = "humpback judge 1";

    private static final ObjectMapper JSON = new ObjectMapper()
            .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .setVisibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY)
            .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL)
            .enable(SerializationFeature.INDENT_OUTPUT);

    /** A judge's area under the ROC curve with its interval. */
    record Figure(String judge, double auc, double low, double high) {}

    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        AtomicFiles.write(folder.resolve(NAME), JSON.writeValueAsString(this) + "\n");
    }

    /** {@return what a training has left in a folder} */
    static JudgeFile read(Path folder) throws IOException {
        Path file = Objects.requireNonNull(folder, "folder").resolve(NAME);
        if (!Files.isRegularFile(file)) {
            throw new DataException(folder + ": no " + NAME + ", expected a folder that learn has left");
        }
        try {
            JsonNode read = JSON.readTree(file.toFile());
            if (!read.path("format").asText().equals(FORMAT)) {
                throw new DataException(file + ": format " + read.path("format") + ", expected \"" + FORMAT + '"');
            }
            JudgeFile found = JSON.treeToValue(read, JudgeFile.class);
            found.check(file);
            return found;
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": " + JsonFaults.reason(e) + ", expected what learn has written");
        }
    }

    private void check(Path file) {
        boolean whole = model != null
                && prompts != null
                && layers != null
                && signals != null
                && trained != null
                && trained.probe() != null
                && trained.panel() != null;
        require(whole, file, "a part is missing");
        Probe.Form form = trained.probe().form();
        require(form != null && form.layer() >= 0 && form.layer() < layers.size(), file, "no layer of the probe");
        require(form.parts() == 1 || form.parts() == 2, file, form.parts() + " parts of the states");
        require(
                isOf(trained.probe().line(), form.parts() * width + Probe.SIGNALS),
                file,
                "the probe's weights are not as many as its numbers");
        require(signals.equals(EvidenceReader.names(rewardModel != null)), file, "signals " + signals);
        require(
                isOf(trained.panel().line(), signals.size() + 1),
                file,
                "the panel's weights are not as many as its members");
        Isotonic map = trained.panel().map();
        require(
                map == null || map.scores().length > 0 && map.scores().length == map.probabilities().length,
                file,
                "a curve whose knots are no pairs");
    }

    private static boolean isOf(@Nullable Line line, int size) {
        return line != null && line.weights() != null && line.weights().length == size;
    }

    private static void require(boolean holds, Path file, String found) {
        if (!holds) {
            throw new DataException(file + ": " + found + ", expected what learn has written");
        }
    }

    /** Refuses another model, prompt or reward model than those it was learned with. */
    void checkPlace(Path folder, String modelHere, @Nullable String rewardHere, boolean panel) {
        same(folder, "model", model, modelHere);
        same(folder, "prompts", prompts, EvidenceReader.prompts());
        if (panel) {
            same(folder, "reward model", String.valueOf(rewardModel), String.valueOf(rewardHere));
        }
    }

    private static void same(Path folder, String what, String learned, String here) {
        if (!learned.equals(here)) {
            throw new ModelException(folder.resolve(NAME) + ": learned with " + what + ' ' + learned + ", found " + here
                    + ", expected the same or a judge learned with that");
        }
    }

    /** {@return a text that changes with anything that a score depends on} */
    String fingerprint() {
        try {
            return ContentId.of(model, String.valueOf(rewardModel), prompts, JSON.writeValueAsString(trained));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
