package io.humpback.run;

import io.humpback.Direction;
import io.humpback.SystemTags;
import io.humpback.data.DataException;
import io.humpback.internal.Folders;
import io.humpback.model.Adapter;
import io.humpback.model.LanguageModel;
import io.humpback.model.Trainer;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.run.Run.StageProgress;
import io.humpback.run.cost.CostSample;
import io.humpback.run.cost.TrainingProbe;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Seeds.Seed;
import io.humpback.run.store.Verdicts.Ranked;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.RandomAccess;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Trains a model: M_yx backward on the seed, M_0 forward on it, M_k on the seed and what round k kept.
 *
 * @param direction which part of a pair the model learns to write
 * @param round whose kept pairs it learns; 0 for the seed alone
 */
record TrainingStage(Direction direction, int round) implements Stage {

    /** The settings that name the model that all trainings begin with, and the one that M_yx begins with if that is another. */
    static final String BASE = "base";

    static final String WRITER = "writer";

    /** How folders of dry runs begin, in the directory of the run, where a model has room. */
    private static final String PROBE = ".forecast-";

    /** {@return the training of M_yx} */
    static TrainingStage backward() {
        return new TrainingStage(Direction.BACKWARD, 0);
    }

    /** {@return the training of the model that follows a round: M_0, M_1, ...} */
    static TrainingStage forward(int round) {
        return new TrainingStage(Direction.FORWARD, round);
    }

    private boolean isBackward() {
        return direction == Direction.BACKWARD;
    }

    /** {@return the name of the model} */
    String model() {
        return isBackward() ? "M_yx" : "M_" + round;
    }

    @Override
    public String name() {
        return "train-" + model();
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        return isBackward()
                ? Map.of(
                        settings.writer() == settings.base() ? BASE : WRITER,
                        settings.writer().fingerprint(),
                        "backward plan",
                        plan(settings).toString())
                : Map.of(
                        BASE,
                        settings.base().fingerprint(),
                        "plan",
                        plan(settings).toString(),
                        "system tags",
                        settings.tags().seed() + " | " + settings.tags().augmented());
    }

    /** {@return the model that it begins with} */
    private LanguageModel start(RunSettings settings) {
        return isBackward() ? settings.writer() : settings.base();
    }

    private TrainingPlan plan(RunSettings settings) {
        return isBackward() ? settings.backwardPlan() : settings.plan();
    }

    @Override
    public boolean isResumable() {
        return true;
    }

    private String folder() {
        return "adapters/" + model();
    }

    @Override
    public void run(Run run) throws IOException {
        RunStore store = run.store();
        if (store.models.find(model()) != null) { // stopped after the last step
            return;
        }
        if (round > 0 && store.picks.count(round) == 0) {
            throw nothingNew(run);
        }
        int kept = round == 0 ? 0 : Math.toIntExact(store.picks.count(round));
        List<TrainingExample> examples =
                new Rows(run, kept, index -> store.candidates.get(store.picks.get(round, index)));
        RunListener listener = run.listener();
        TrainingProbe probe = new TrainingProbe();
        StageProgress progress = run.progress(this, 0, examples.size());
        Path directory = run.settings().directory().resolve(folder());
        run.releaseAllBut(null); // a trainer has memory of its own
        Trainer trainer = start(run.settings()).trainer();
        Adapter adapter = trainer.train(examples, plan(run.settings()), directory, new TrainingListener() {
            @Override
            public void started(Start start) {
                probe.started(start);
                listener.started(start);
            }

            @Override
            public void remembered(List<Step> steps, Map<Integer, Double> heldOut) {
                store.transaction(
                        () -> { // a store that was lost, or is an older one, does not have them
                            steps.forEach(step -> store.models.insertLoss(model(), step));
                            heldOut.forEach((step, loss) -> store.models.insertHeldOutLoss(model(), step, loss));
                        });
            }

            @Override
            public void stepped(Step step) {
                store.transaction(name() + " step", () -> {
                    store.models.insertLoss(model(), step);
                    progress.note();
                });
                listener.stepped(step);
                probe.stepped(step);
                if (probe.endsAt(step)) {
                    listener.forecast(forecast(probe, examples.size(), step.steps() - step.step()));
                }
            }

            @Override
            public void evaluated(int step, double loss) {
                store.models.insertHeldOutLoss(model(), step, loss);
                listener.evaluated(step, loss);
            }
        });
        store.transaction(name(), () -> store.models.insert(new Model(model(), folder(), adapter.fingerprint())));
    }

    private DataException nothingNew(Run run) {
        String why;
        try (Stream<Ranked> judged = run.store().verdicts.judged(round)) {
            OptionalDouble most = judged.mapToDouble(Ranked::value).max();
            why = most.isPresent()
                    ? String.format(
                            Locale.ROOT,
                            "round %d keeps %s, the best has %.2f; start again from stage %s with a rule that keeps some, such"
                                    + " as the best share 0.2",
                            round,
                            CuratingStage.rule(run.settings()),
                            most.getAsDouble(),
                            new CuratingStage(round).name())
                    : "no pair reached the judge of round " + round + "; the funnel says where they were dropped";
        }
        return new DataException(run.settings().directory() + ": " + model() + " has nothing new to learn: " + why);
    }

    @Override
    public void deleteFiles(Path directory) throws IOException {
        Folders.delete(directory.resolve(folder()));
    }

    @Override
    public void forget(RunStore store) {
        store.models.delete(model());
    }

    /** Measured once for each direction on the seed, and once with some segments for all that learn what is kept. */
    @Override
    public Optional<Forecast> forecast(Run run, CostSample sample) throws IOException {
        List<Stored> pairs = round == 0 ? List.of() : sample.pairs();
        TrainingProbe probe = sample.once(List.of(direction, round > 0), () -> probe(run, pairs));
        TrainingPlan plan = plan(run.settings());
        long seeds = run.store().seeds.count();
        long kept = round == 0 ? 0 : run.settings().expectedKept(sample.total());
        double learnt = (probe.learnt(seeds) + kept) * (1 - plan.execution().heldOut());
        double steps = plan.batching().steps() > 0
                ? plan.batching().steps()
                : Math.ceil(plan.batching().epochs() * learnt / plan.batching().batch());
        return Optional.of(forecast(probe, seeds + kept, steps));
    }

    /** Deletes what a dry run that was killed has left; for who holds the lock of the directory. */
    static void deleteProbes(Path directory) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, PROBE + "*")) {
            for (Path folder : left) {
                Folders.delete(folder);
            }
        }
    }

    /** A few steps on the seed and some pairs, in a folder that is thrown away. */
    private TrainingProbe probe(Run run, List<Stored> pairs) throws IOException {
        TrainingPlan plan = plan(run.settings());
        boolean measured = plan.execution().heldOut() > 0;
        plan = plan.toBuilder()
                .steps(TrainingProbe.STEPS)
                .heldOut(measured ? Double.MIN_NORMAL : 0) // one row: for the memory of it, not the time
                .build();
        Path folder = Files.createTempDirectory(run.settings().directory(), PROBE);
        TrainingProbe probe = new TrainingProbe();
        try {
            run.releaseAllBut(null);
            start(run.settings()).trainer().train(new Rows(run, pairs.size(), pairs::get), plan, folder, probe);
            return probe;
        } finally {
            Folders.delete(folder);
        }
    }

    private Forecast forecast(TrainingProbe probe, long examples, double steps) {
        return new Forecast(
                name(),
                examples,
                (long) probe.tokens(steps),
                probe.seconds(steps),
                probe.diskBytes(),
                probe.peakBytes());
    }

    /** The examples, each read when it is asked for. */
    private final class Rows extends AbstractList<TrainingExample> implements RandomAccess {

        private final RunStore store;
        private final SystemTags tags;
        private final int seeds;
        private final int size;
        private final IntFunction<Stored> kept;

        /** The seed and a number of kept pairs. */
        Rows(Run run, int count, IntFunction<Stored> kept) {
            this.store = run.store();
            this.tags = isBackward() ? SystemTags.none() : run.settings().tags();
            this.seeds = Math.toIntExact(store.seeds.count());
            this.size = seeds + count;
            this.kept = kept;
        }

        @Override
        public TrainingExample get(int index) {
            Objects.checkIndex(index, size);
            if (index < seeds) {
                Seed seed = store.seeds.get(index);
                return new TrainingExample("seed " + seed.id(), direction.of(seed.pair(), tags.seed()));
            }
            Stored pair = kept.apply(index - seeds);
            return new TrainingExample(
                    "candidate " + pair.id(), direction.of(pair.candidate().example(), tags.augmented()));
        }

        @Override
        public int size() {
            return size;
        }
    }
}
