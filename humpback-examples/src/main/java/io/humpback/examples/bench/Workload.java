package io.humpback.examples.bench;

import io.humpback.data.Segment;
import io.humpback.model.Completion;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What models are measured on. Prompts are cut out of the pairs' if these were tokenised for the model; else the first
 * model that is asked writes some text for it. Not thread-safe.
 */
public final class Workload {

    /** Tokens that prompts are cut out of. */
    private static final int FILLER = 640;

    private final List<PromptedPair> pairs;
    private final List<Segment> segments;
    private List<Integer> filler = List.of();

    /**
     * @param pairs to rate; may be none
     * @param segments to augment; may be none
     */
    public Workload(List<PromptedPair> pairs, List<Segment> segments) {
        this.pairs = List.copyOf(pairs);
        this.segments = List.copyOf(segments);
    }

    /** {@return the pairs, with their prompts if the model tokenises the text of the first one to the same number of tokens} */
    List<PromptedPair> pairs(LanguageModel model) {
        boolean tokenised = !pairs.isEmpty()
                && pairs.stream().noneMatch(pair -> pair.ids().isEmpty())
                && model.countTokens(Prompt.text(pairs.get(0).prompt()))
                        == pairs.get(0).ids().size();
        return tokenised ? pairs : pairs.stream().map(PromptedPair::untokenised).toList();
    }

    List<Segment> segments() {
        return segments;
    }

    /** {@return different stretches of the filler, so that no two prompts begin alike} */
    List<Prompt> prompts(LanguageModel model, int count, int tokens) {
        if (filler.isEmpty()) {
            List<Integer> own =
                    pairs(model).stream().flatMap(pair -> pair.ids().stream()).toList();
            filler = own.size() < FILLER ? written(model) : own;
        }
        return IntStream.rangeClosed(1, count)
                .map(i -> i * 977 % (filler.size() - tokens))
                .<Prompt>mapToObj(start -> Prompt.ids(filler.subList(start, start + tokens)))
                .toList();
    }

    private static List<Integer> written(LanguageModel model) {
        int rows = 16;
        Sampling sampling = Sampling.nucleus(1).maxTokens(FILLER / rows).ignoreEnd(true);
        Stream<Prompt> prompts =
                Stream.<Prompt>generate(() -> Prompt.text("The")).limit(rows);
        return write(model, prompts, sampling).stream()
                .flatMap(text -> text.ids().stream())
                .toList();
    }

    /** {@return completions of prompts} */
    static List<Completion> write(LanguageModel model, Stream<? extends Prompt> prompts, Sampling sampling) {
        try (Stream<Completion> completions = model.complete(prompts, sampling)) {
            return completions.toList();
        }
    }
}
