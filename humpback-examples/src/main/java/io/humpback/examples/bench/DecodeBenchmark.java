package io.humpback.examples.bench;

import io.humpback.model.Completion;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.List;

/**
 * Writing {@value #STEPS} tokens after each of several prompts of {@value #PROMPT} tokens, side by side. Time is taken from
 * the end of the last prompt's reading. A GPU reads and writes in one call, and this time is not known: then
 * reading is included, and the notes say so.
 *
 * @param rows completions written side by side
 */
record DecodeBenchmark(int rows) implements Benchmark {

    private static final int STEPS = 64;
    private static final int PROMPT = 128;
    private static final Sampling SAMPLING = Sampling.greedy().ignoreEnd(true).maxTokens(1 + STEPS);

    @Override
    public String key() {
        return "decode_" + rows;
    }

    @Override
    public String unit() {
        return "tokens/s";
    }

    /** Notes when the last prompt had been read and how many tokens were written by then. */
    private static final class Clock implements Listener {
        private final long start = System.nanoTime();
        private long promptTokens;
        private long written;
        private long read = start;
        private boolean separate;

        @Override
        public void progressed(Progress progress) {
            if (progress.promptTokens() > promptTokens) {
                promptTokens = progress.promptTokens();
                read = System.nanoTime();
                separate = progress.items() == 0;
                written = progress.completionTokens();
            }
        }
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) {
        return notes -> {
            LanguageModel model = subject.model(false);
            List<Prompt> prompts = workload.prompts(model, rows, PROMPT);
            List<Completion> completions = new ArrayList<>();
            Clock clock = new Clock();
            Workload.write(model.listening(clock), prompts.stream(), SAMPLING).forEach(completions::add);
            long end = System.nanoTime();
            long tokens =
                    completions.stream().mapToLong(text -> text.ids().size()).sum();
            if (!clock.separate || subject.options().device().isCuda()) {
                notes.put("prompts", "in the time");
                return new Sample(tokens, (end - clock.start) / 1e9, STEPS);
            }
            // the first token of the last row follows from its prompt
            return new Sample(tokens - clock.written - 1, (end - clock.read) / 1e9, STEPS);
        };
    }
}
