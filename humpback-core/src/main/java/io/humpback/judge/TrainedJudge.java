package io.humpback.judge;

import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.judge.EvidenceReader.Asked;
import io.humpback.judge.EvidenceReader.Reading;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.RewardModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A judge that has learned from labels ({@link JudgeTraining}): the score is the probability that people would call the pair
 * good, in [0, 1], as calibrated as its labels allow. Its numbers mean something with the model and the prompts that it was
 * trained with alone, and it is refused elsewhere; what it is worth on other kinds of pairs is for labels of these to say.
 *
 * <p>One pair, a list or a stream is the same computation and gives the same numbers. Pairs that a {@link io.humpback.Scorer}
 * would not show its judge have no score here either, for the same reasons. Immutable and safe for use from many threads.
 */
public final class TrainedJudge implements Judge {

    /** What the score is made of. */
    public enum Kind {
        /** A regression on the model's hidden states, its rating, likelihood and gain: three prefills a pair. */
        LEARNED,
        /** That, the ratings by all rubrics, and the reward if there is a reward model, together: five prefills a pair. */
        PANEL;

        /** {@return the name in lower case} */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Kind kind;
    private final JudgeFile file;
    private final LanguageModel model;
    private final @Nullable RewardModel reward;

    TrainedJudge(Kind kind, JudgeFile file, LanguageModel model, @Nullable RewardModel reward) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.file = file;
        this.model = Objects.requireNonNull(model, "model");
        this.reward = reward;
    }

    /**
     * {@return the judge in a folder}
     *
     * @param folder that a training has left
     * @param kind which of the two judges in it
     * @param model the one that it was trained with, which stays the caller's to close
     * @param reward the reward model that a panel was trained with, or null for one without; the caller's to close
     * @throws IOException if it cannot be read
     * @throws DataException if it is no such folder
     * @throws ModelException if it was trained with another model, another reward model or other prompts
     */
    public static TrainedJudge open(Path folder, Kind kind, LanguageModel model, @Nullable RewardModel reward)
            throws IOException {
        JudgeFile file = JudgeFile.read(folder);
        file.checkPlace(folder, model.fingerprint(), reward == null ? null : reward.fingerprint(), kind == Kind.PANEL);
        return new TrainedJudge(kind, file, model, kind == Kind.PANEL ? reward : null);
    }

    /**
     * {@return the fingerprint of the reward model that the panel in a folder needs; empty for one without}
     *
     * @throws IOException if it cannot be read
     * @throws DataException if it is no folder that a training has left
     */
    public static Optional<String> rewardModel(Path folder) throws IOException {
        return Optional.ofNullable(JudgeFile.read(folder).rewardModel());
    }

    /** {@return the model that it reads} */
    public LanguageModel model() {
        return model;
    }

    /** {@return which of the two judges it is} */
    public Kind kind() {
        return kind;
    }

    /** {@return a text that changes with anything that its scores depend on, labels included} */
    public String fingerprint() {
        return kind.key() + " " + file.fingerprint();
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of a model
     */
    public TrainedJudge listener(Listener listener) {
        return new TrainedJudge(
                kind, file, model.listening(listener), reward == null ? null : reward.listening(listener));
    }

    /** {@inheritDoc} 0, as it is a probability. */
    @Override
    public double least() {
        return 0;
    }

    /** {@inheritDoc} 1, as it is a probability. */
    @Override
    public double most() {
        return 1;
    }

    @Override
    public <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair) {
        Probe.Form form = file.trained().probe().form();
        Asked asked = new Asked(List.of(file.layers().get(form.layer())), form.parts() > 1, kind == Kind.PANEL);
        return new EvidenceReader(model, reward, asked).read(items, pair).map(this::judged);
    }

    private <T> Scored<T> judged(Reading<T> reading) {
        if (reading.drop() != null) {
            return new Scored<>(reading.item(), null, reading.drop());
        }
        Evidence evidence = reading.evidence();
        Probe probe = file.trained().probe().readingOneLayer();
        double logOdds = probe.at(evidence);
        double learned = Line.probability(logOdds);
        Map<String, Number> signals = new LinkedHashMap<>();
        for (int i = 0; i < evidence.signals().length; i++) {
            signals.put(file.signals().get(i), evidence.signals()[i]);
        }
        if (kind == Kind.LEARNED) {
            return new Scored<>(reading.item(), Score.of(learned, signals), null);
        }
        signals.put(Kind.LEARNED.key(), learned);
        double together = file.trained().panel().at(evidence, logOdds);
        return new Scored<>(reading.item(), Score.of(together, signals), null);
    }

    @Override
    public String toString() {
        return fingerprint() + " with model " + model.fingerprint();
    }
}
