package io.humpback.judge;

import static io.humpback.internal.Arguments.require;

import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.internal.ContentId;
import io.humpback.judge.EvidenceReader.Asked;
import io.humpback.judge.EvidenceReader.Reading;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.RewardModel;
import io.humpback.quality.Bootstrap;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Detection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Trains a judge on pairs that people have labelled good or not: a penalised logistic regression on what a model has made of
 * the judge's own prompt after one of four of its layers, and on its rating, likelihood and gain; and a panel of that and all
 * judges without labels. Layer, mean and penalty are chosen by cross-validation within what is learned from, and everything is
 * measured on pairs that were not, so that the figures may be believed; the same seed gives the same judges.
 *
 * <p>With few labels, or labels of one kind of pairs, it may be no better than the plain rating: {@link Outcome} says so.
 */
public final class JudgeTraining {

    /** Labels of each kind, at least, for a cross-validation within a cross-validation. */
    private static final int LEAST = 5;

    private final LanguageModel model;
    private final @Nullable RewardModel reward;
    private final int folds;
    private final boolean isotonic;
    private final long seed;

    private JudgeTraining(LanguageModel model, @Nullable RewardModel reward, int folds, boolean isotonic, long seed) {
        this.model = model;
        this.reward = reward;
        this.folds = folds;
        this.isotonic = isotonic;
        this.seed = seed;
    }

    /** {@return a training with a model, in five folds, with seed 1 and a logistic curve} */
    public static JudgeTraining using(LanguageModel model) {
        return new JudgeTraining(Objects.requireNonNull(model, "model"), null, 5, false, 1);
    }

    /** {@return a copy with a reward model on the panel} */
    public JudgeTraining reward(RewardModel value) {
        return new JudgeTraining(model, Objects.requireNonNull(value, "reward"), folds, isotonic, seed);
    }

    /** {@return a copy with another number of folds, 2 to 20} */
    public JudgeTraining folds(int value) {
        require(value >= 2 && value <= 20, "folds", value, "2 to 20");
        return new JudgeTraining(model, reward, value, isotonic, seed);
    }

    /**
     * {@return a copy whose panel gives probabilities by a rising curve of any shape} It needs many labels, some hundreds; with
     * fewer the logistic curve is nearer to the truth.
     */
    public JudgeTraining isotonic() {
        return new JudgeTraining(model, reward, folds, true, seed);
    }

    /** {@return a copy with another seed of what is in which fold} */
    public JudgeTraining seed(long value) {
        return new JudgeTraining(model, reward, folds, isotonic, value);
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of a model
     */
    public JudgeTraining listener(Listener listener) {
        return new JudgeTraining(
                model.listening(listener), reward == null ? null : reward.listening(listener), folds, isotonic, seed);
    }

    /**
     * A judge on pairs that it has not seen.
     *
     * @param name such as {@code rating}, {@code learned} or {@code panel}
     * @param scores what it said of each pair, in order
     * @param detection how well its scores tell good pairs apart
     * @param auc where the area under its ROC curve probably lies
     * @param gain where the area minus that of the rating probably lies; about 0 for the rating itself
     */
    public record Compared(String name, List<Double> scores, Detection detection, Interval auc, Interval gain) {}

    /**
     * What a number of labels teaches.
     *
     * @param labels how many were learned from
     * @param learned mean area under the ROC curve of the learned judge on the other pairs
     * @param panel that of the panel
     * @param deviation of the learned judge's area from draw to draw
     * @param draws how often so many labels were drawn
     */
    public record Step(int labels, double learned, double panel, double deviation, int draws) {}

    /**
     * Reads pairs and learns.
     *
     * @param pairs labelled ones; those that cannot be shown to a judge are left out, one that comes twice counts once
     * @param good whether each is good
     * @return the judges and how good they are
     * @throws DataException if fewer than five of either kind are left
     * @throws ModelException if the model gives no hidden states
     */
    public Outcome learn(List<Example> pairs, boolean[] good) {
        if (pairs.size() != good.length) {
            throw new IllegalArgumentException(
                    "labels: found " + good.length + ", expected " + pairs.size() + " as there are pairs");
        }
        List<Integer> layers = layers(model.layers());
        if (layers.isEmpty()) {
            throw new ModelException(model + ": gives no hidden states, which a learned judge reads");
        }
        Asked asked = new Asked(layers, true, true);
        List<Evidence> evidence = new ArrayList<>();
        List<Integer> kept = new ArrayList<>();
        Set<Example> seen = new HashSet<>();
        Stream<Integer> each = IntStream.range(0, pairs.size()).boxed().filter(row -> seen.add(pairs.get(row)));
        try (Stream<Reading<Integer>> all = new EvidenceReader(model, reward, asked).read(each, pairs::get)) {
            all.forEachOrdered(reading -> {
                if (reading.drop() == null) {
                    kept.add(reading.item());
                    evidence.add(reading.evidence());
                }
            });
        }
        boolean[] labels = new boolean[kept.size()];
        int[] groups = new int[kept.size()];
        Map<String, Integer> instructions = new HashMap<>();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = good[kept.get(i)];
            groups[i] = instructions.computeIfAbsent(pairs.get(kept.get(i)).instruction(), text -> instructions.size());
        }
        int positives = Rows.of(labels, true).length;
        if (positives < LEAST || labels.length - positives < LEAST) {
            throw new DataException("labels of pairs that can be judged: " + positives + " good and "
                    + (labels.length - positives) + " others, expected at least " + LEAST + " of each");
        }
        int width = evidence.get(0).states()[0].length / 2;
        Rows rows = new Rows(evidence, labels, groups);
        Trained.Settings how = new Trained.Settings(width, folds, isotonic, seed);
        return new Outcome(rows, how, layers, fingerprint(pairs, good, kept), seen.size() - labels.length);
    }

    /** {@return four layers, from the middle to the last} */
    private static List<Integer> layers(int count) {
        TreeSet<Integer> layers = new TreeSet<>();
        for (int part = 3; part <= 6 && count > 0; part++) {
            layers.add(Math.max(1, Math.round(count * part / 6f)));
        }
        return List.copyOf(layers);
    }

    private static String fingerprint(List<Example> pairs, boolean[] good, List<Integer> kept) {
        return ContentId.of(kept.stream()
                .flatMap(row -> Stream.of(
                        pairs.get(row).instruction(), pairs.get(row).response(), good[row] ? "good" : "other"))
                .toArray(String[]::new));
    }

    /** The judges that came out of a training, and what they are worth. */
    public final class Outcome {

        private final Rows rows;
        private final Trained.Settings how;
        private final List<Integer> layers;
        private final String labels;
        private final int dropped;
        private final Trained trained;
        private final List<Compared> judges;

        private Outcome(Rows rows, Trained.Settings how, List<Integer> layers, String labels, int dropped) {
            this.rows = rows;
            this.how = how;
            this.layers = layers;
            this.labels = labels;
            this.dropped = dropped;
            trained = Trained.on(rows, how);
            judges = compared();
        }

        private List<Compared> compared() {
            List<String> names = EvidenceReader.names(reward != null);
            List<double[]> all = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                int signal = i;
                all.add(rows.evidence().stream()
                        .mapToDouble(of -> of.signals()[signal])
                        .toArray());
            }
            Trained.Said unseen = Trained.unseen(rows, how);
            names.addAll(List.of(TrainedJudge.Kind.LEARNED.key(), TrainedJudge.Kind.PANEL.key()));
            all.addAll(List.of(unseen.probe(), unseen.panel()));
            // all judges on the same resamples, so that the differences are of pairs
            List<Interval> intervals = Bootstrap.of(seed, rows.size()).intervals(rows.size(), drawn -> {
                double[] areas = all.stream()
                        .mapToDouble(
                                scores -> detection(scores, rows.good(), drawn).rocAuc())
                        .toArray();
                double[] both = Arrays.copyOf(areas, 2 * areas.length);
                for (int i = 0; i < areas.length; i++) {
                    both[areas.length + i] = areas[i] - areas[0];
                }
                return both;
            });
            List<Compared> compared = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                double[] scores = all.get(i);
                compared.add(new Compared(
                        names.get(i),
                        Arrays.stream(scores).boxed().toList(),
                        Detection.of(scores, rows.good()),
                        intervals.get(i),
                        intervals.get(names.size() + i)));
            }
            return List.copyOf(compared);
        }

        /** {@return how many pairs were learned from} */
        public int rows() {
            return rows.size();
        }

        /** {@return how many of them are good} */
        public int positives() {
            return Rows.of(rows.good(), true).length;
        }

        /** {@return how many pairs could not be shown to a judge} */
        public int dropped() {
            return dropped;
        }

        /** {@return the number of the block whose states the learned judge reads} */
        public int layer() {
            return layers.get(trained.probe().form().layer());
        }

        /** {@return whether it reads the mean over the response too} */
        public boolean readsMean() {
            return trained.probe().form().parts() > 1;
        }

        /** {@return the strength of the labels against the penalty that was chosen: C of liblinear and scikit-learn} */
        public double strength() {
            return trained.probe().form().strength();
        }

        /** {@return all judges on pairs that they have not seen: those without labels, the rating first, learned and panel} */
        public List<Compared> judges() {
            return judges;
        }

        /** {@return one of the judges that learned, ready to judge with the models of the training} */
        public TrainedJudge judge(TrainedJudge.Kind kind) {
            return new TrainedJudge(kind, file(), model, kind == TrainedJudge.Kind.PANEL ? reward : null);
        }

        /**
         * Writes both judges to a folder, which is made where there is none.
         *
         * @throws IOException if it cannot be written
         */
        public void save(Path folder) throws IOException {
            file().write(folder);
        }

        private JudgeFile file() {
            return new JudgeFile(
                    JudgeFile.FORMAT,
                    model.fingerprint(),
                    reward == null ? null : reward.fingerprint(),
                    EvidenceReader.prompts(),
                    labels,
                    rows(),
                    positives(),
                    seed,
                    layers,
                    how.width(),
                    EvidenceReader.names(reward != null),
                    trained,
                    judges.stream()
                            .map(judge -> new JudgeFile.Figure(
                                    judge.name(),
                                    judge.detection().rocAuc(),
                                    judge.auc().low(),
                                    judge.auc().high()))
                            .toList());
        }

        /**
         * {@return what fewer labels would have taught: so many are drawn, in proportion of their kinds, learned from, and
         * tried on all other pairs, some times over}
         *
         * @param sizes numbers of labels; those that leave fewer than ten pairs to try on are left out
         * @param draws how often each, at least 1
         */
        public List<Step> curve(List<Integer> sizes, int draws) {
            require(draws >= 1, "draws", draws, "at least 1");
            return sizes.stream()
                    .filter(size -> size <= rows() - 2 * LEAST)
                    .map(size -> step(size, draws))
                    .toList();
        }

        private Step step(int size, int draws) {
            SummaryStatistics learned = new SummaryStatistics();
            SummaryStatistics panel = new SummaryStatistics();
            for (int draw = 0; draw < draws; draw++) {
                boolean[] drawn = new boolean[rows()];
                for (boolean kind : new boolean[] {true, false}) {
                    int[] of = Rows.of(rows.good(), kind);
                    int count = Math.max(2, Math.round((float) size * of.length / rows()));
                    Folds.shuffled(of, seed + draw).subList(0, count).forEach(row -> drawn[row] = true);
                }
                Rows some = rows.at(Rows.of(drawn, true));
                Rows others = rows.at(Rows.of(drawn, false));
                Trained.Said said = Trained.on(some, how).of(others);
                learned.addValue(Detection.of(said.probe(), others.good()).rocAuc());
                panel.addValue(Detection.of(said.panel(), others.good()).rocAuc());
            }
            return new Step(size, learned.getMean(), panel.getMean(), learned.getStandardDeviation(), draws);
        }
    }

    private static Detection detection(double[] scores, boolean[] good, int[] drawn) {
        double[] some = new double[drawn.length];
        boolean[] labels = new boolean[drawn.length];
        for (int i = 0; i < drawn.length; i++) {
            some[i] = scores[drawn[i]];
            labels[i] = good[drawn[i]];
        }
        return Detection.of(some, labels);
    }
}
