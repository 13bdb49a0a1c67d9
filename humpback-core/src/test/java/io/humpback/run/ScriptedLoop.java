package io.humpback.run;

import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.ContentId;
import io.humpback.model.Adapter;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.model.Trainer;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A base model that takes adapters and can be trained, by script: what it writes and how it rates is fixed by the
 * prompt, the noise and the adapter; training writes a digest of the examples step by step, with a checkpoint at each.
 */
public class ScriptedLoop implements LanguageModel {

    public static final int STEPS = 3;

    private final String name;
    private final FakeLanguageModel model;
    private final boolean quick;

    public ScriptedLoop() {
        this("scripted");
    }

    public ScriptedLoop(String name) {
        this(name, scripted(name), false);
    }

    private ScriptedLoop(String name, FakeLanguageModel model, boolean quick) {
        this.name = name;
        this.model = model;
        this.quick = quick;
    }

    /** A model that takes no time: it does not count words, and looks at no more than the prompt's end. */
    static ScriptedLoop quick() {
        return new ScriptedLoop("quick", scripted("quick"), true);
    }

    private static String end(Prompt prompt) {
        List<Message> messages = ((Prompt.Chat) prompt).messages();
        String text = messages.get(messages.size() - 1).content();
        return text.substring(Math.max(0, text.length() - 500));
    }

    private static FakeLanguageModel scripted(String name) {
        return FakeLanguageModel.create()
                .window(3)
                .writing((prompt, item, sampling) -> {
                    String text = FakeLanguageModel.text(prompt).strip();
                    int draw = number(name, text, "" + item, "" + sampling.seed()) % 100;
                    return draw < 5
                            ? ""
                            : draw < 10
                                    ? text
                                    : "Explain to me how " + text.split(" ")[0] + " is used, in " + draw + " words.";
                })
                .rating(prompt -> 1 + number(name, FakeLanguageModel.text(prompt)) % 4001 / 1000.0);
    }

    private static int number(String... parts) {
        return Integer.parseInt(ContentId.of(parts).substring(0, 7), 16);
    }

    /** Seed pairs. */
    public static List<Example> seed(int count) {
        return Stream.iterate(0, i -> i < count, i -> i + 1)
                .map(i -> new Example("What is the colour of thing number " + i + "?", "Thing " + i + " is blue."))
                .toList();
    }

    /** A file of segments, one in ten like an earlier one, and one row that is none. */
    public static Path corpus(Path file, int segments) throws IOException {
        Random random = new Random(5);
        List<String> texts = new ArrayList<>();
        try (JsonLines.Writer rows = JsonLines.write(file)) {
            for (int i = 0; i < segments; i++) {
                StringBuilder text = new StringBuilder("topic" + i);
                for (int w = 0; w < 40; w++) {
                    text.append(" word").append(random.nextInt(5000));
                }
                texts.add(i % 10 == 9 ? texts.get(i - 5) + " indeed" : text.toString());
                rows.write(JsonLines.row()
                        .put("source", "https://example.org/" + i)
                        .put("header", "Topic " + i)
                        .put("text", texts.get(i)));
            }
            rows.write(JsonLines.row().put("source", "https://example.org/none"));
            rows.commit();
        }
        return file;
    }

    @Override
    public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
        return !quick
                ? model.complete(prompts, sampling)
                : prompts.map(prompt -> new Completion(
                        "Explain to me how number " + number(end(prompt)) + " is used in practice.",
                        List.of(),
                        Completion.Finish.STOP,
                        1));
    }

    @Override
    public Stream<Choice> choose(Stream<Choice.Options> options) {
        return !quick
                ? model.choose(options)
                : options.map(asked -> {
                    double four = number(name, end(asked.prompt())) % 1000 / 1000.0;
                    double[] logs = {-99, -99, -99, Math.log(four), Math.log(1 - four)};
                    return new Choice(logs, -99, 1);
                });
    }

    @Override
    public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
        return model.logLikelihood(continuations);
    }

    @Override
    public int countTokens(Prompt prompt) {
        return quick ? 1 : model.countTokens(prompt);
    }

    @Override
    public int contextLength() {
        return model.contextLength();
    }

    @Override
    public String fingerprint() {
        return name;
    }

    @Override
    public LanguageModel listening(Listener listener) {
        LanguageModel heard = model.listening(listener);
        return new ScriptedLoop(name, (FakeLanguageModel) heard, quick);
    }

    @Override
    public LanguageModel with(Adapter adapter) {
        String with = name + "+" + adapter.fingerprint();
        return new ScriptedLoop(with, scripted(with), quick);
    }

    @Override
    public Trainer trainer() {
        return new ScriptedTrainer(name);
    }

    @Override
    public void close() {
        model.close();
    }

    private record ScriptedTrainer(String base) implements Trainer {
        @Override
        public Adapter train(List<TrainingExample> examples, TrainingPlan plan, Path folder, TrainingListener listener)
                throws IOException {
            Files.createDirectories(folder);
            Path checkpoint = folder.resolve("checkpoint");
            Path weights = folder.resolve("adapter_model.safetensors");
            List<String> digests = new ArrayList<>( // one a step, after that of the base
                    Files.exists(checkpoint)
                            ? List.of(Files.readString(checkpoint).split(" "))
                            : List.of(ContentId.of(base)));
            int begun = digests.size() - 1;
            String digest = digests.get(begun);
            listener.started(new TrainingListener.Start(examples.size(), 0, 0, 0, 0, begun, STEPS, 16));
            listener.remembered(
                    IntStream.rangeClosed(1, begun)
                            .mapToObj(step -> step(step, digests.get(step), plan))
                            .toList(),
                    Map.of());
            for (int step = begun + 1; step <= STEPS; step++) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new CancellationException("interrupted");
                }
                for (int i = step - 1; i < examples.size(); i += STEPS) {
                    TrainingExample example = examples.get(i);
                    digest = ContentId.of(
                            digest,
                            example.id(),
                            FakeLanguageModel.text(example.continuation().prompt()),
                            example.continuation().text());
                }
                listener.stepped(step(step, digest, plan));
                digests.add(digest);
                replace(checkpoint, String.join(" ", digests));
            }
            replace(folder.resolve("adapter_config.json"), "{}");
            replace(weights, digest);
            return Adapter.at(folder);
        }

        private static TrainingListener.Step step(int step, String digest, TrainingPlan plan) {
            double rate = plan.optimizer().learningRate();
            return new TrainingListener.Step(
                    step, STEPS, number(digest) / 1e6, rate, 1, 100L * step, 0.001 * step, 1e5);
        }

        private static void replace(Path file, String text) throws IOException {
            Path part = file.resolveSibling("part");
            Files.writeString(part, text);
            Files.move(part, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
