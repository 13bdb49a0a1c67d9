package io.humpback.run;

import io.humpback.LikelihoodScore;
import io.humpback.LikelihoodScorer;
import io.humpback.LikelihoodScorer.Rated;
import io.humpback.model.LanguageModel;
import io.humpback.quality.Drop;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Stored;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The stage {@code ifd}: candidates whose instruction does not help M_0 to foresee the response are dropped before they
 * are judged. Measured by the instruction-following difficulty (Li et al. 2024, arXiv 2308.12032): the perplexity of the
 * response after the instruction, divided by that after an empty one.
 */
final class HelpfulInstructions {

    /** What a measurement takes in the store. */
    static final long ROW_BYTES = 40;

    private static final String STAGE = "ifd";

    private final Run run;
    private final RunStore store;

    HelpfulInstructions(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void measure() throws IOException {
        try (LanguageModel model = run.model("M_0")) {
            long total = store.candidateCount();
            long left = store.candidateCount(store.lastIfd());
            Pace pace = new Pace(run, STAGE, total - left, total);
            Sample.forecast(
                            STAGE,
                            left,
                            count -> store.candidatesAfter(store.lastIfd(), count),
                            ROW_BYTES,
                            (sample, listener) -> rated(model.listening(listener), sample))
                    .ifPresent(run.settings().listener::forecast);
            while (true) {
                Run.checkStopped();
                List<Stored> batch = store.candidatesAfter(store.lastIfd(), run.settings().batch);
                if (batch.isEmpty()) {
                    return;
                }
                List<Rated<Stored>> rated = rated(model, batch);
                store.together(STAGE, () -> {
                    rated.forEach(this::write);
                    pace.note();
                });
                pace.advance(batch.size());
            }
        }
    }

    List<Rated<Stored>> rated(LanguageModel model, List<Stored> batch) {
        LikelihoodScorer scorer =
                LikelihoodScorer.gain(model).system(run.settings().tags.both());
        try (Stream<Rated<Stored>> rated =
                scorer.score(batch.stream(), stored -> stored.candidate().example())) {
            return rated.toList();
        }
    }

    private void write(Rated<Stored> rated) {
        long n = rated.item().n();
        LikelihoodScore score = rated.score();
        if (score == null) {
            store.ifd(n, null, null, null); // the judge meets the same obstacle and counts it
            return;
        }
        double most = run.settings().ifd;
        Drop drop = score.ifd() < most
                ? null
                : new Drop(
                        Drop.Reason.NOT_HELPED,
                        String.format(Locale.ROOT, "IFD %.3f, kept below %s", score.ifd(), most));
        store.ifd(n, score.given(), score.alone(), drop);
    }
}
