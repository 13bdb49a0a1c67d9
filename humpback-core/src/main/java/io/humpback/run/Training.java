package io.humpback.run;

import io.humpback.Direction;
import io.humpback.SystemTags;
import io.humpback.data.Example;
import io.humpback.model.Adapter;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Stored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;

/** The stages that train: M_yx backward on the seed, M_0 forward on it, M_k on it and what round k kept. */
final class Training {

    private final Run run;
    private final RunStore store;

    Training(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void train(RunStages.One stage) throws IOException {
        String name = stage.model();
        if (store.model(name) != null) { // stopped after the last step
            return;
        }
        String folder = "adapters/" + name;
        List<TrainingExample> examples = examples(stage);
        RunListener listener = run.settings().listener;
        TrainingPlan plan = plan(stage);
        TrainingSample sample = new TrainingSample();
        Pace pace = new Pace(run, stage.name(), 0, examples.size());
        Path directory = run.settings().directory.resolve(folder);
        Adapter adapter = run.base().trainer().train(examples, plan, directory, new TrainingListener() {
            @Override
            public void started(Start start) {
                sample.started(start);
                listener.started(start);
            }

            @Override
            public void stepped(Step step) {
                store.together(stage.name() + " step", () -> {
                    store.loss(name, step);
                    pace.note();
                });
                listener.stepped(step);
                sample.stepped(step);
                if (sample.ends(step)) {
                    listener.forecast(sample.forecast(stage.name(), examples.size(), step.steps() - step.step()));
                }
            }

            @Override
            public void evaluated(int step, double loss) {
                store.heldOut(name, step, loss);
                listener.evaluated(step, loss);
            }
        });
        store.together(stage.name(), () -> store.model(new RunStore.Model(name, folder, adapter.fingerprint())));
    }

    TrainingPlan plan(RunStages.One stage) {
        return stage.model().equals("M_yx") ? run.settings().backwardPlan() : run.settings().plan;
    }

    /** Rows are read when they are asked for. */
    List<TrainingExample> examples(RunStages.One stage) {
        return new Rows(
                store,
                stage.model().equals("M_yx") ? Direction.BACKWARD : Direction.FORWARD,
                stage.model().equals("M_yx") ? SystemTags.none() : run.settings().tags,
                stage.round());
    }

    private static final class Rows extends AbstractList<TrainingExample> implements RandomAccess {

        private final RunStore store;
        private final Direction direction;
        private final SystemTags tags;
        private final int round;
        private final int seeds;
        private final int size;

        Rows(RunStore store, Direction direction, SystemTags tags, int round) {
            this.store = store;
            this.direction = direction;
            this.tags = tags;
            this.round = round;
            this.seeds = Math.toIntExact(store.seeds());
            this.size = Math.toIntExact(seeds + (round < 0 ? 0 : store.picks(round)));
        }

        @Override
        public TrainingExample get(int index) {
            Objects.checkIndex(index, size);
            if (index < seeds) {
                Map.Entry<String, Example> seed = store.seed(index);
                return new TrainingExample("seed " + seed.getKey(), direction.of(seed.getValue(), tags.seed()));
            }
            Stored kept = store.pick(round, index - seeds);
            return new TrainingExample(
                    "candidate " + kept.id(), direction.of(kept.candidate().example(), tags.augmented()));
        }

        @Override
        public int size() {
            return size;
        }
    }
}
