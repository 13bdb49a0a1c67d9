package io.humpback.examples.bench;

import io.humpback.model.Choice;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reading prompts, of which no two begin alike.
 *
 * @param key its name
 * @param rows prompts of a run
 * @param tokens of each prompt
 */
record PrefillBenchmark(String key, int rows, int tokens) implements Benchmark {

    private static final List<String> OPTIONS = List.of("1", "2");

    @Override
    public String unit() {
        return "tokens/s";
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) {
        return notes -> {
            LanguageModel model = subject.model(false);
            List<Prompt> prompts = workload.prompts(model, rows, tokens);
            double seconds = Sample.seconds(() -> {
                try (Stream<Choice> choices = model.choose(prompts.stream(), OPTIONS)) {
                    choices.forEachOrdered(choice -> {});
                }
            });
            return new Sample((double) rows * tokens, seconds, 1);
        };
    }
}
