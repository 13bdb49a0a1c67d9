package io.humpback;

import io.humpback.internal.run.RunStore;
import io.humpback.internal.run.RunStore.Stored;
import io.humpback.model.LanguageModel;
import io.humpback.quality.Drop;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * The stage {@code ifd}: candidates whose instruction does not help M_0 to foresee the response are dropped before they
 * are judged. Measured by the instruction-following difficulty (Li et al. 2024, arXiv 2308.12032): the perplexity of the
 * response after the instruction, divided by that after an empty one.
 */
final class HelpfulInstructions {

    private static final String STAGE = "ifd";

    private final Run run;
    private final RunStore store;

    HelpfulInstructions(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void measure() throws IOException {
        try (LanguageModel model = run.model("M_0")) {
            Likelihoods likelihoods = new Likelihoods(model, run.settings().tags.both());
            Pace pace = new Pace(run, STAGE, 0, store.candidateCount());
            while (true) {
                Run.checkStopped();
                List<Stored> batch = store.candidatesAfter(store.lastIfd(), run.settings().batch);
                if (batch.isEmpty()) {
                    return;
                }
                List<Likelihoods.Of> conditioned = likelihoods.of(batch, false);
                List<Likelihoods.Of> alone = likelihoods.of(batch, true);
                store.together(STAGE, () -> {
                    for (int i = 0; i < batch.size(); i++) {
                        write(batch.get(i).n(), conditioned.get(i), alone.get(i));
                    }
                    pace.note();
                });
                pace.advance(batch.size());
            }
        }
    }

    private void write(long n, Likelihoods.Of conditioned, Likelihoods.Of alone) {
        Double with = conditioned.mean();
        Double without = alone.mean();
        if (with == null || without == null) {
            store.ifd(n, with, without, null); // the judge meets the same obstacle and counts it
            return;
        }
        double ifd = Math.exp(without - with);
        double most = run.settings().ifd;
        Drop drop = ifd < most
                ? null
                : new Drop(Drop.Reason.NOT_HELPED, String.format(Locale.ROOT, "IFD %.3f, kept below %s", ifd, most));
        store.ifd(n, with, without, drop);
    }
}
