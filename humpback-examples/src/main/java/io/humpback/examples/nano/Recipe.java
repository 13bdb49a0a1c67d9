package io.humpback.examples.nano;

import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Schedule;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How nano is made: from random weights, by the library's own trainer, in two trainings of every weight, first of the
 * language and then of the tasks. The same seed and numbers of steps give the same weights on the same machine. What was
 * interrupted goes on in the same folder.
 *
 * @param seed of the weights, the texts and their order
 * @param languageSteps steps of {@value #LANGUAGE_BATCH} texts
 * @param taskSteps steps of {@value #TASK_BATCH} conversations
 */
public record Recipe(long seed, int languageSteps, int taskSteps) {

    private static final int LANGUAGE_BATCH = 16;
    private static final int TASK_BATCH = 32;

    /** {@return the recipe of the weights that come with the program} */
    public static Recipe standard(long seed) {
        return new Recipe(seed, 1500, 600);
    }

    /**
     * Makes nano.
     *
     * @param folder for the untrained model and both trainings; may hold interrupted ones of the same recipe
     * @param device where it is trained; one thread of a CPU is nearly as fast as two for so small a model
     * @return the folder of the trained model
     * @throws IOException if the folder cannot be written
     */
    public Path make(Path folder, Device device, TrainingListener listener) throws IOException {
        Files.createDirectories(folder);
        Path untrained = folder.resolve("untrained");
        if (!Files.exists(untrained.resolve("config.json"))) {
            NanoFolder.writeUntrained(untrained, seed);
        }
        Vocabulary vocabulary = new Vocabulary();
        try (Tokenizer tokenizer = Tokenizer.of(
                vocabulary.tokenizer().toString(), vocabulary.tokenizerConfig().toString())) {
            BaseText text = new BaseText(
                    PromptEncoder.of(
                            tokenizer,
                            ChatTemplates.of(Vocabulary.CHAT_TEMPLATE, tokenizer.bosToken(), tokenizer.eosToken())),
                    seed);
            Path language = train(
                    untrained,
                    text.language(languageSteps * LANGUAGE_BATCH),
                    plan(2e-3, LANGUAGE_BATCH, languageSteps),
                    folder.resolve("language"),
                    device,
                    listener);
            return train(
                    language,
                    text.tasks(taskSteps * TASK_BATCH),
                    plan(1e-3, TASK_BATCH, taskSteps),
                    folder.resolve("nano"),
                    device,
                    listener);
        }
    }

    private static Path train(
            Path from, List<TrainingExample> rows, TrainingPlan plan, Path to, Device device, TrainingListener listener)
            throws IOException {
        try (LanguageModel model = OnnxModel.load(from, LoadOptions.defaults().device(device))) {
            model.trainer().train(rows, plan, to, listener);
        }
        return to;
    }

    private TrainingPlan plan(double learningRate, int batch, int steps) {
        return TrainingPlan.full().toBuilder()
                .learningRate(learningRate)
                .finalLearningRate(learningRate / 20)
                .schedule(Schedule.COSINE)
                .warmup(0.05)
                .betas(0.9, 0.95)
                .weightDecay(0.1)
                .batch(batch)
                .microBatchTokens(4096)
                .steps(steps)
                .maxTokens(512)
                .checkpointEvery(250)
                .seed(seed)
                .build();
    }
}
