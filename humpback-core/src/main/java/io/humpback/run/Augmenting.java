package io.humpback.run;

import io.humpback.Attempt;
import io.humpback.Augmenter;
import io.humpback.internal.ContentId;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Numbered;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** The stage {@code augment}: M_yx writes an instruction for each segment. */
final class Augmenting {

    /** What an attempt takes in the store. */
    static final long ROW_BYTES = 400;

    private static final String STAGE = "augment";

    private final Run run;
    private final RunStore store;

    Augmenting(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void augment() throws IOException {
        try (LanguageModel model = run.model("M_yx")) {
            String adapter = run.adapter("M_yx").fingerprint();
            Pace pace = new Pace(run, STAGE, store.attempts(), store.segments());
            Sample.forecast(
                            STAGE,
                            store.segments() - store.attempts(),
                            count -> store.segmentsAfter(store.lastAttempt(), count),
                            ROW_BYTES,
                            (sample, listener) -> attempts(model.listening(listener), run.settings().sampling, sample))
                    .ifPresent(run.settings().listener::forecast);
            while (true) {
                Run.checkStopped();
                List<Numbered> batch = store.segmentsAfter(store.lastAttempt(), run.settings().batch);
                if (batch.isEmpty()) {
                    return;
                }
                Sampling sampling =
                        run.settings().sampling.seed(run.noise(batch.get(0).n()));
                String prompt = augmenter(model, sampling).provenance().prompt();
                List<Attempt> attempts = attempts(model, sampling, batch);
                store.together(STAGE, () -> {
                    write(model.fingerprint(), prompt, adapter, sampling, batch, attempts);
                    pace.note();
                });
                pace.advance(batch.size());
            }
        }
    }

    List<Attempt> attempts(LanguageModel model, Sampling sampling, List<Numbered> batch) {
        try (Stream<Attempt> attempts =
                augmenter(model, sampling).attempts(batch.stream().map(Numbered::segment))) {
            return attempts.toList();
        }
    }

    private Augmenter augmenter(LanguageModel model, Sampling sampling) {
        return Augmenter.using(model).trained().sampling(sampling).checks(run.settings().checks);
    }

    private void write(
            String model,
            String prompt,
            String adapter,
            Sampling sampling,
            List<Numbered> batch,
            List<Attempt> attempts) {
        long writer = store.writer(model, adapter, prompt, sampling);
        for (int i = 0; i < batch.size(); i++) {
            Attempt attempt = attempts.get(i);
            String instruction =
                    attempt.candidate() == null ? null : attempt.candidate().instruction();
            String id = instruction == null
                    ? null
                    : candidateId(attempt.segment().id(), instruction, model, prompt, sampling);
            store.attempt(batch.get(i).n(), writer, attempt.output(), id, instruction, attempt.drop());
        }
    }

    static String candidateId(String segment, String instruction, String model, String prompt, Sampling sampling) {
        return ContentId.of(segment, instruction, model, prompt, RunStore.json(sampling));
    }
}
