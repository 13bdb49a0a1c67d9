package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Completion.Finish;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rating pairs: as the library does, or, where a file brings tokenised prompts, by reading the digits after these.
 *
 * @param reasoned whether at most 200 tokens of reasoning are written before
 */
record ScoreBenchmark(boolean reasoned) implements PairsBenchmark {

    private static final List<String> DIGITS = List.of("1", "2", "3", "4", "5");
    private static final Sampling REASONING = Sampling.greedy().maxTokens(200).stopStrings("Score:");

    @Override
    public String key() {
        return reasoned ? "score_reasoned" : "score";
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) {
        return notes -> {
            LanguageModel model = subject.model(true);
            List<PromptedPair> pairs = workload.pairs(model);
            boolean given = !pairs.get(0).ids().isEmpty();
            notes.put("prompts", given ? "as in the file" : "the library's own");
            return given ? asGiven(model, pairs, notes) : byLibrary(model, pairs);
        };
    }

    private Sample byLibrary(LanguageModel model, List<PromptedPair> pairs) {
        Scorer scorer = Scorer.using(model);
        Scorer chosen = reasoned ? scorer.reasoned(REASONING) : scorer;
        List<Example> examples = pairs.stream().map(PromptedPair::example).toList();
        List<Scored<Example>> scored = new ArrayList<>();
        double seconds = Sample.seconds(() -> scored.addAll(chosen.score(examples)));
        return new Sample(scored.stream().filter(Scored::kept).count(), seconds);
    }

    private Sample asGiven(LanguageModel model, List<PromptedPair> pairs, ObjectNode notes) {
        List<List<Integer>> replies = new ArrayList<>();
        List<Choice> choices = new ArrayList<>();
        double seconds = Sample.seconds(() -> {
            pairs.forEach(pair -> replies.add(pair.ids()));
            if (reasoned) {
                reason(model, replies, notes);
            }
            Stream<Prompt> prompts = IntStream.range(0, pairs.size())
                    .mapToObj(
                            i -> Prompt.ids(concat(replies.get(i), pairs.get(i).forced())));
            try (Stream<Choice> chosen = model.choose(prompts, DIGITS)) {
                chosen.forEachOrdered(choices::add);
            }
        });
        notes.put(
                "mean_score",
                choices.stream().mapToDouble(ScoreBenchmark::expected).average().orElse(Double.NaN));
        return new Sample(choices.size(), seconds);
    }

    /** Adds to each reply the reasoning that the model writes after it, without the end token. */
    private static void reason(LanguageModel model, List<List<Integer>> replies, ObjectNode notes) {
        List<Completion> completions = Workload.write(model, replies.stream().map(Prompt::ids), REASONING);
        for (int i = 0; i < completions.size(); i++) {
            List<Integer> ids = completions.get(i).ids();
            int kept = completions.get(i).finish() == Finish.STOP ? ids.size() - 1 : ids.size();
            replies.set(i, concat(replies.get(i), ids.subList(0, kept)));
        }
        notes.put(
                "new_tokens",
                completions.stream().mapToLong(text -> text.ids().size()).sum());
    }

    private static double expected(Choice choice) {
        double[] p = choice.normalised();
        return IntStream.range(0, p.length).mapToDouble(i -> (i + 1) * p[i]).sum();
    }

    private static List<Integer> concat(List<Integer> first, List<Integer> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
