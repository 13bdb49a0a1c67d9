package io.humpback.examples.bench;

import io.humpback.Augmenter;
import io.humpback.Augmenter.Attempt;
import io.humpback.model.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Writing instructions for segments. */
record AugmentBenchmark() implements Benchmark {

    @Override
    public String key() {
        return "augment";
    }

    @Override
    public String unit() {
        return "segments/s";
    }

    @Override
    public String needs() {
        return "--pages";
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) {
        return notes -> {
            LanguageModel model = subject.model(true);
            List<Attempt> attempts = new ArrayList<>();
            double seconds = Sample.seconds(() -> {
                try (Stream<Attempt> made = Augmenter.using(model).attempts(workload.segments().stream())) {
                    made.forEachOrdered(attempts::add);
                }
            });
            notes.put(
                    "candidates",
                    attempts.stream().filter(made -> made.candidate() != null).count());
            return new Sample(attempts.size(), seconds);
        };
    }
}
