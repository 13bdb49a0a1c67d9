package io.humpback.run;

import static io.humpback.internal.Arguments.require;

import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.LikelihoodScorer;
import io.humpback.RewardScorer;
import io.humpback.Rubric;
import io.humpback.Scorer;
import io.humpback.SystemTags;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.web.Corpus;
import io.humpback.judge.TrainedJudge;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.RewardModel;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.CandidateChecks;
import io.humpback.run.Run.Worker;
import io.humpback.run.store.FaultHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole loop of Li et al. 2023 (arXiv 2308.06259) as one run in a directory: trains M_yx and M_0 on the seed, has M_yx
 * write an instruction for each segment of the corpus, and then in each round scores all candidates with M_k, keeps the
 * best, and trains M_{k+1} on the seed and what was kept. Immutable; each step returns a new value.
 *
 * <p>A run survives anything. Stopped by an interrupt, killed, or out of disk, {@link #run} goes on where it was, and ends
 * with the same files as a run that was never stopped. What it was begun with must not change meanwhile: another model,
 * seed, corpus or setting is refused, unless the run {@linkplain #fromStage starts again} from a stage before the first
 * use of it. Two processes cannot work on one directory.
 *
 * <p>The directory holds {@code run.db} with everything, {@code adapters/}, {@code export/} and {@code manifest.json}.
 */
public final class Humpback {

    /** What the candidates of a run are judged by. */
    public enum JudgedBy {
        /** The rating that the model of the round gives by the rubric (Li et al. 2023). */
        RATING(1, 5) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                Scorer scorer = Scorer.using(worker.model())
                        .rubrics(settings.rubrics())
                        .system(settings.judgeSystem())
                        .listener(listener);
                return Optional.of(settings.reasoned() ? scorer.reasoned() : scorer);
            }

            @Override
            String question(RunSettings settings) {
                return settings.rubricFingerprint();
            }
        },
        /** The mean log-probability that the model of the round gives a token of the response after the instruction. */
        LIKELIHOOD(Double.NEGATIVE_INFINITY, 0) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                return Optional.of(LikelihoodScorer.perToken(worker.model())
                        .system(settings.judgeSystem())
                        .listener(listener));
            }

            @Override
            String question(RunSettings settings) {
                return "likelihood";
            }
        },
        /** The number that a reward model gives, the same one in every round; see {@link Humpback#judge(RewardModel)}. */
        REWARD(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                return Optional.of(RewardScorer.using(Objects.requireNonNull(settings.reward()))
                        .listener(listener));
            }

            @Override
            String question(RunSettings settings) {
                return "reward";
            }
        },
        /** What a judge has learned from labels, the same one in every round; see {@link Humpback#judge(TrainedJudge)}. */
        LEARNED(0, 1) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                return Optional.of(Objects.requireNonNull(settings.trained()).listener(listener));
            }

            @Override
            String question(RunSettings settings) {
                return Objects.requireNonNull(settings.trained()).fingerprint();
            }
        },
        /** That and all other judges together; see {@link Humpback#judge(TrainedJudge)}. */
        PANEL(0, 1) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                return LEARNED.judge(worker, settings, listener);
            }

            @Override
            String question(RunSettings settings) {
                return LEARNED.question(settings);
            }
        },
        /** Nothing: every candidate is kept. */
        NONE(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY) {
            @Override
            Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener) {
                return Optional.empty();
            }

            @Override
            String question(RunSettings settings) {
                return "none";
            }
        };

        private final double least;
        private final double most;

        JudgedBy(double least, double most) {
            this.least = least;
            this.most = most;
        }

        /** {@return whether a {@link TrainedJudge} is needed} */
        public boolean isTrained() {
            return this == LEARNED || this == PANEL;
        }

        /** Refuses a threshold that none of its scores can be. */
        void require(Keep keep) {
            keep.requireWithin(least, most);
        }

        /** {@return the judge that a model of the run is, or another one; empty if nothing is judged} */
        abstract Optional<Judge> judge(Worker worker, RunSettings settings, Listener listener);

        /** {@return what the judge is asked, as text that changes with it} */
        abstract String question(RunSettings settings);
    }

    private final Draft draft;

    private Humpback(Draft draft) {
        this.draft = draft;
    }

    /** The settings so far; changed only while a step makes its own copy. */
    private static final class Draft implements Cloneable {
        private final Path directory;
        private @Nullable LanguageModel base;
        private @Nullable LanguageModel writer;
        private @Nullable LanguageModel fixedJudge;
        private List<Example> seed = List.of();
        private @Nullable Corpus corpus;
        private @Nullable Integer rounds;
        private Keep keep = Keep.standard();
        private JudgedBy judge = JudgedBy.RATING;
        private @Nullable RewardModel reward;
        private @Nullable TrainedJudge trained;
        private List<Rubric> rubrics = List.of(Rubric.standard());
        private boolean reasoned;
        private Sampling sampling = Sampling.nucleus(0.9).temperature(0.7).maxTokens(256);
        private CandidateChecks checks = CandidateChecks.standard();
        private TrainingPlan plan = TrainingPlan.lowRank();
        private @Nullable TrainingPlan backwardPlan;
        private SystemTags tags = SystemTags.paper();
        private long randomSeed;
        private long sample;
        private double nearDuplicates = 0.7;
        private double ifd;
        private double variancePenalty;
        private double diversity;
        private boolean lengthControl;
        private double testShare;
        private int batch = 128;
        private @Nullable String fromStage;
        private RunListener listener = RunListener.NONE;

        Draft(Path directory) {
            this.directory = directory;
        }

        @Override
        protected Draft clone() {
            try {
                return (Draft) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        RunSettings settings() {
            LanguageModel student = given(base, "base", "a model");
            return new RunSettings(
                    directory,
                    student,
                    writer == null ? student : writer,
                    fixedJudge,
                    seed,
                    given(corpus, "corpus", "pages or segments"),
                    rounds == null ? fixedJudge == null && reward == null ? 2 : 1 : rounds,
                    keep,
                    judge,
                    reward,
                    trained,
                    rubrics,
                    reasoned,
                    sampling,
                    checks,
                    plan,
                    backwardPlan == null ? plan : backwardPlan,
                    tags,
                    randomSeed,
                    sample,
                    nearDuplicates,
                    ifd,
                    variancePenalty,
                    diversity,
                    lengthControl,
                    testShare,
                    batch);
        }

        private static <T> T given(@Nullable T value, String name, String expected) {
            require(value != null, name, "none", expected);
            return Objects.requireNonNull(value);
        }
    }

    /** {@return a run in a directory, which is made where there is none; a run that is there goes on} */
    public static Humpback at(Path directory) {
        return new Humpback(new Draft(Objects.requireNonNull(directory, "directory")));
    }

    private Humpback with(Consumer<Draft> step) {
        Draft next = draft.clone();
        step.accept(next);
        return new Humpback(next);
    }

    /**
     * {@return a copy with the model that everything begins with} It can be trained, and is not closed; a stage that does not
     * need it {@linkplain LanguageModel#release releases} it.
     */
    public Humpback base(LanguageModel model) {
        return with(next -> next.base = Objects.requireNonNull(model, "base"));
    }

    /** {@return a copy whose M_yx is trained from another model than the base, which is treated like that} */
    public Humpback writer(LanguageModel model) {
        return with(next -> next.writer = Objects.requireNonNull(model, "writer"));
    }

    /**
     * {@return a copy whose candidates are judged by a model as it is, in place of M_0} It is asked without a system turn, is
     * not closed, and is released like the base. There is one round, as another would judge alike.
     */
    public Humpback judge(LanguageModel model) {
        Objects.requireNonNull(model, "judge");
        return with(next -> {
            next.fixedJudge = model;
            boolean ownModel = next.reward != null || next.trained != null;
            next.reward = null;
            next.trained = null;
            next.judge = ownModel ? JudgedBy.RATING : next.judge;
        });
    }

    /** {@return a copy with seed data: pairs written by people} */
    public Humpback seed(List<Example> pairs) {
        List<Example> copy = List.copyOf(pairs);
        return with(next -> next.seed = copy);
    }

    /** {@return a copy with web pages: a file, a folder or an archive, as {@code WebPages} reads them} */
    public Humpback corpus(Path pages) {
        return corpus(Corpus.pages(pages));
    }

    /** {@return a copy with a source of segments, which gives the same segments each time} */
    public Humpback corpus(Corpus corpus) {
        return with(next -> next.corpus = Objects.requireNonNull(corpus, "corpus"));
    }

    /**
     * {@return a copy with another number of rounds of scoring, curating and training: at least 1; 2 by default, 1 where
     * the judge is a {@linkplain #judge(LanguageModel) model of its own}, a {@linkplain #judge(RewardModel) reward model} or
     * a {@linkplain #judge(TrainedJudge) judge that has learned}}
     */
    public Humpback rounds(int count) {
        require(count >= 1, "rounds", count, "at least 1");
        return with(next -> next.rounds = count);
    }

    /** {@return a copy that keeps what reaches a score on the judge's scale; of ratings the paper takes 4.5} */
    public Humpback keepAtLeast(double score) {
        return keep(new Keep.AtLeast(score));
    }

    /** {@return a copy that keeps the best of all that are scored, a share in (0, 1]; 0.2 by default} */
    public Humpback keepTopShare(double share) {
        return keep(new Keep.TopShare(share));
    }

    /** {@return a copy that keeps a number of the best, at least 1} */
    public Humpback keepBudget(int count) {
        return keep(new Keep.Budget(count));
    }

    /** {@return a copy with another rule for which candidates are kept} */
    public Humpback keep(Keep rule) {
        return with(next -> next.keep = Objects.requireNonNull(rule, "keep"));
    }

    /** {@return a copy whose candidates are curated by another judge; the rating by default} */
    public Humpback judge(JudgedBy judge) {
        Objects.requireNonNull(judge, "judge");
        return with(next -> {
            next.judge = judge;
            next.reward = judge == JudgedBy.REWARD ? next.reward : null;
            if (next.trained != null && !judge.isTrained()) {
                next.trained = null;
                next.fixedJudge = null;
            }
        });
    }

    /**
     * {@return a copy whose candidates are curated by the rewards of a model, which stays the caller's to close} It sees
     * no system turns. As it would judge every round alike, there is one.
     */
    public Humpback judge(RewardModel model) {
        Objects.requireNonNull(model, "model");
        return with(next -> {
            next.judge = JudgedBy.REWARD;
            next.reward = model;
            next.trained = null;
            next.fixedJudge = null;
        });
    }

    /**
     * {@return a copy whose candidates are curated by a judge that has learned from labels} It sees no system turns, and its
     * models stay the caller's to close; the one that it reads may be the base, whose weights as they are it judges by. As it
     * would judge every round alike, there is one.
     */
    public Humpback judge(TrainedJudge judge) {
        Objects.requireNonNull(judge, "judge");
        return with(next -> {
            next.judge = judge.kind() == TrainedJudge.Kind.PANEL ? JudgedBy.PANEL : JudgedBy.LEARNED;
            next.trained = judge;
            next.fixedJudge = judge.model();
            next.reward = null;
        });
    }

    /** {@return a copy with other rubrics, at least one, whose ratings are averaged} */
    public Humpback rubrics(List<Rubric> rubrics) {
        require(!rubrics.isEmpty(), "rubrics", rubrics, "at least one");
        List<Rubric> copy = List.copyOf(rubrics);
        return with(next -> next.rubrics = copy);
    }

    /** {@return a copy whose judge writes its reasoning before it rates; slow} */
    public Humpback reasoned() {
        return with(next -> next.reasoned = true);
    }

    /** {@return a copy with another sampling of instructions; its seed is replaced by the run's} */
    public Humpback sampling(Sampling sampling) {
        return with(next -> next.sampling = sampling.seed(0));
    }

    /** {@return a copy with other checks that an instruction has to pass} */
    public Humpback checks(CandidateChecks checks) {
        return with(next -> next.checks = Objects.requireNonNull(checks, "checks"));
    }

    /** {@return a copy with another plan for all trainings} */
    public Humpback plan(TrainingPlan plan) {
        return with(next -> next.plan = Objects.requireNonNull(plan, "plan"));
    }

    /** {@return a copy with another plan for M_yx alone} */
    public Humpback backwardPlan(TrainingPlan plan) {
        return with(next -> next.backwardPlan = Objects.requireNonNull(plan, "backwardPlan"));
    }

    /** {@return a copy with other system turns, or {@linkplain SystemTags#none none}; the paper's by default} */
    public Humpback tags(SystemTags tags) {
        return with(next -> next.tags = Objects.requireNonNull(tags, "tags"));
    }

    /** {@return a copy with another seed of all randomness; 0 by default} */
    public Humpback randomSeed(long value) {
        return with(next -> next.randomSeed = value);
    }

    /** {@return a copy that uses a sample of the segments, at least 1, drawn without replacement} */
    public Humpback sample(long segments) {
        require(segments >= 1, "sample", segments, "at least 1");
        return with(next -> next.sample = segments);
    }

    /**
     * {@return a copy whose segments are near-duplicates from another Jaccard similarity on: 0.5 to 1, 0.7 by default}
     */
    public Humpback nearDuplicates(double similarity) {
        require(similarity >= 0.5 && similarity <= 1, "nearDuplicates", similarity, "0.5 to 1");
        return with(next -> next.nearDuplicates = similarity);
    }

    /**
     * {@return a copy that drops candidates before they are judged if their instruction does not make the response more
     * probable to M_0} Off by default.
     *
     * @param below the instruction-following difficulty from which on candidates are dropped: above 0; at 1 the
     *     instruction makes no difference
     */
    public Humpback ifd(double below) {
        require(below > 0, "ifd", below, "above 0");
        return with(next -> next.ifd = below);
    }

    /**
     * {@return a copy that subtracts the variance of the rubrics' ratings, times a weight from 0 on, from the score; the
     * weight is 0 by default}
     */
    public Humpback variancePenalty(double weight) {
        require(weight >= 0, "variancePenalty", weight, "at least 0");
        return with(next -> next.variancePenalty = weight);
    }

    /**
     * {@return a copy that skips candidates whose instruction nearly repeats that of a better one} Off by default; the
     * Jaccard similarity of word 5-grams is 0.5 to 1.
     */
    public Humpback diversity(double similarity) {
        require(similarity >= 0.5 && similarity <= 1, "diversity", similarity, "0.5 to 1");
        return with(next -> next.diversity = similarity);
    }

    /** {@return a copy that subtracts from the score what the response's length explains} Off by default. */
    public Humpback lengthControl() {
        return with(next -> next.lengthControl = true);
    }

    /**
     * {@return a copy whose exported folder in the hub's layout has a split {@code test} of about this share of the kept
     * pairs} The models learn from all of them; pairs with the same instruction are in the same split.
     *
     * @param share in [0, 1); 0 by default
     */
    public Humpback testShare(double share) {
        require(share >= 0 && share < 1, "testShare", share, "in [0, 1)");
        return with(next -> next.testShare = share);
    }

    /** {@return a copy with another number of items that are committed together: at least 1, 128 by default} */
    public Humpback batch(int items) {
        require(items >= 1, "batch", items, "at least 1");
        return with(next -> next.batch = items);
    }

    /**
     * {@return a copy that forgets what a stage and all after it have done} With it, settings may change that no earlier
     * stage uses.
     *
     * @param stage seed, segments, train-M_yx, augment, train-M_0, ifd, score-1, curate-1, train-M_1, ..., export
     */
    public Humpback fromStage(String stage) {
        return with(next -> next.fromStage = Objects.requireNonNull(stage, "fromStage"));
    }

    /** {@return a copy that reports stages, batches and steps to a listener} */
    public Humpback listener(RunListener listener) {
        return with(next -> next.listener = Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Runs, or goes on with the run in the directory. What an earlier process has left there is checked before, as by
     * {@link #verify}; so is a run that is done.
     *
     * @return what it leaves in the directory
     * @throws IOException if a file cannot be read or written
     * @throws RunStoppedException if the thread is interrupted; what is committed stays
     * @throws DataException if the run was begun with something else, something it has left was changed since, another
     *     process works on it, or the directory cannot be used; the message names both values
     * @throws IllegalArgumentException if the settings do not fit together
     */
    public RunResult run() throws IOException {
        return run(FaultHook.NONE);
    }

    RunSettings settings() {
        return draft.settings();
    }

    /** Runs while a hook sees each instant at which a test may want the process to die. */
    RunResult run(FaultHook faults) throws IOException {
        Run.work(settings(), draft.listener, draft.fromStage, null, faults);
        return RunResult.at(draft.directory);
    }

    /**
     * Takes in seed and corpus, which the run then need not do again, measures the stages on a few segments, among them the
     * longest, with the models that they begin with, and stops. Assumed is that every segment becomes a candidate, and that a
     * fifth of them are kept where a threshold decides.
     *
     * @return what each further stage will cost
     * @throws IOException if a file cannot be read or written
     */
    public List<Forecast> dryRun() throws IOException {
        RunSettings settings = settings();
        Run.work(settings, draft.listener, draft.fromStage, new SegmentsStage(), FaultHook.NONE);
        return Run.forecasts(settings, draft.listener);
    }

    /** {@return what is wrong in the directory of a run: hashes, counts, references; empty if all is well} */
    public static List<String> verify(Path directory) throws IOException {
        return Run.faults(directory);
    }
}
