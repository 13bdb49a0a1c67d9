package io.humpback.run;

import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.Rubric;
import io.humpback.SystemTags;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.web.Corpus;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.CandidateChecks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The whole loop of Li et al. 2023 (arXiv 2308.06259) as one run in a directory: trains M_yx and M_0 on the seed, has M_yx
 * write an instruction for each segment of the corpus, and then in each round scores all candidates with M_k, keeps the
 * best, and trains M_{k+1} on the seed and what was kept. Immutable; each step returns a new value.
 *
 * <p>A run survives anything. Stopped by an interrupt, killed, or out of disk, {@link #run} goes on where it was, and ends
 * with the same files as a run that was never stopped. What it was begun with must not change meanwhile: another model,
 * seed, corpus or setting is refused, unless the run is told to {@linkplain #fromStage start again} from a stage before
 * the first use of it. Two processes cannot work on one directory.
 *
 * <p>The directory holds {@code run.db} with everything, {@code adapters/}, {@code export/} and {@code manifest.json}.
 */
public final class Humpback {

    private final RunSettings settings;

    private Humpback(RunSettings settings) {
        this.settings = settings;
    }

    /**
     * {@return a run}
     *
     * @param directory made where there is none, else the run in it goes on
     */
    public static Humpback in(Path directory) {
        return new Humpback(new RunSettings(Objects.requireNonNull(directory, "directory")));
    }

    private Humpback with(Consumer<RunSettings> change) {
        return new Humpback(settings.with(change));
    }

    /**
     * {@return a copy with the model that everything begins with}
     *
     * @param model can be trained; is not closed
     */
    public Humpback base(LanguageModel model) {
        Objects.requireNonNull(model, "base");
        return with(it -> it.base = model);
    }

    /**
     * {@return a copy with seed data}
     *
     * @param pairs written by people
     */
    public Humpback seed(List<Example> pairs) {
        List<Example> copy = List.copyOf(pairs);
        return with(it -> it.seed = copy);
    }

    /**
     * {@return a copy with web pages}
     *
     * @param pages a file, a folder or an archive, as {@code WebPages} reads them
     */
    public Humpback corpus(Path pages) {
        return corpus(Corpus.pages(pages));
    }

    /**
     * {@return a copy with a source of segments}
     *
     * @param corpus gives the same segments each time
     */
    public Humpback corpus(Corpus corpus) {
        Objects.requireNonNull(corpus, "corpus");
        return with(it -> it.corpus = corpus);
    }

    /**
     * {@return a copy with so many rounds of scoring, curating and training; 2 by default}
     *
     * @param count at least 1
     */
    public Humpback rounds(int count) {
        require(count >= 1, "rounds", count, "at least 1");
        return with(it -> it.rounds = count);
    }

    /**
     * {@return this, keeping what reaches a score; 4.5 by default}
     *
     * @param score in [1, 5]
     */
    public Humpback keepAtLeast(double score) {
        return keep(new Keep.AtLeast(score));
    }

    /**
     * {@return this, keeping the best part of all that are scored}
     *
     * @param share in (0, 1]
     */
    public Humpback keepTopShare(double share) {
        return keep(new Keep.TopShare(share));
    }

    /**
     * {@return this, keeping the best so many}
     *
     * @param count at least 1
     */
    public Humpback keepBudget(int count) {
        return keep(new Keep.Budget(count));
    }

    /**
     * {@return a copy with another rule}
     *
     * @param rule which candidates are kept
     */
    public Humpback keep(Keep rule) {
        Objects.requireNonNull(rule, "keep");
        return with(it -> it.keep = rule);
    }

    /**
     * {@return a copy with another judge; the rating by default}
     *
     * @param judge what candidates are curated by
     */
    public Humpback judge(Judge judge) {
        Objects.requireNonNull(judge, "judge");
        return with(it -> it.judge = judge);
    }

    /**
     * {@return a copy with other rubrics, whose ratings are averaged}
     *
     * @param rubrics at least one
     */
    public Humpback rubrics(List<Rubric> rubrics) {
        require(!rubrics.isEmpty(), "rubrics", rubrics, "at least one");
        List<Rubric> copy = List.copyOf(rubrics);
        return with(it -> it.rubrics = copy);
    }

    /** {@return this, the judge writing its reasoning before it rates; slow} */
    public Humpback reasoned() {
        return with(it -> it.reasoned = true);
    }

    /**
     * {@return a copy with another way of drawing instructions}
     *
     * @param sampling its seed is replaced by the run's
     */
    public Humpback sampling(Sampling sampling) {
        Objects.requireNonNull(sampling, "sampling");
        return with(it -> it.sampling = sampling.seed(0));
    }

    /**
     * {@return a copy with other checks}
     *
     * @param checks what an instruction has to pass
     */
    public Humpback checks(CandidateChecks checks) {
        Objects.requireNonNull(checks, "checks");
        return with(it -> it.checks = checks);
    }

    /**
     * {@return a copy with another plan for all trainings}
     *
     * @param plan how
     */
    public Humpback plan(TrainingPlan plan) {
        Objects.requireNonNull(plan, "plan");
        return with(it -> it.plan = plan);
    }

    /**
     * {@return a copy with another plan for M_yx alone}
     *
     * @param plan how
     */
    public Humpback backwardPlan(TrainingPlan plan) {
        Objects.requireNonNull(plan, "backwardPlan");
        return with(it -> it.backwardPlan = plan);
    }

    /**
     * {@return a copy with other system turns; the paper's by default}
     *
     * @param tags {@link SystemTags#none} for none
     */
    public Humpback tags(SystemTags tags) {
        Objects.requireNonNull(tags, "tags");
        return with(it -> it.tags = tags);
    }

    /**
     * {@return a copy with another seed of all randomness; 0 by default}
     *
     * @param value any number
     */
    public Humpback randomSeed(long value) {
        return with(it -> it.randomSeed = value);
    }

    /**
     * {@return this, using a sample of the segments, drawn without replacement}
     *
     * @param segments at least 1
     */
    public Humpback sample(long segments) {
        require(segments >= 1, "sample", segments, "at least 1");
        return with(it -> it.sample = segments);
    }

    /**
     * {@return a copy with another threshold of near-duplicates}
     *
     * @param similarity Jaccard, 0.5 to 1; 0.7 by default
     */
    public Humpback nearDuplicates(double similarity) {
        require(similarity >= 0.5 && similarity <= 1, "nearDuplicates", similarity, "0.5 to 1");
        return with(it -> it.nearDuplicates = similarity);
    }

    /**
     * {@return this, dropping candidates before they are judged whose instruction does not help M_0 to foresee the
     * response} Off by default.
     *
     * @param below the instruction-following difficulty from which on candidates are dropped; 1 is no help, above 0
     */
    public Humpback ifd(double below) {
        require(below > 0, "ifd", below, "above 0");
        return with(it -> it.ifd = below);
    }

    /**
     * {@return this, taking off the score the variance of the ratings by several rubrics} Off by default.
     *
     * @param weight of the variance, at least 0
     */
    public Humpback variancePenalty(double weight) {
        require(weight >= 0, "variancePenalty", weight, "at least 0");
        return with(it -> it.variancePenalty = weight);
    }

    /**
     * {@return this, skipping candidates whose instruction nearly repeats that of a better one} Off by default.
     *
     * @param similarity Jaccard similarity of word 5-grams from which on it does, 0.5 to 1
     */
    public Humpback diversity(double similarity) {
        require(similarity >= 0.5 && similarity <= 1, "diversity", similarity, "0.5 to 1");
        return with(it -> it.diversity = similarity);
    }

    /** {@return this, taking off the score what is explained by the response's length} Off by default. */
    public Humpback lengthControl() {
        return with(it -> it.lengthControl = true);
    }

    /**
     * {@return a copy with another number of items that are committed together}
     *
     * @param items at least 1; 128 by default
     */
    public Humpback batch(int items) {
        require(items >= 1, "batch", items, "at least 1");
        return with(it -> it.batch = items);
    }

    /**
     * {@return this, forgetting what a stage and all after it have done} With it, settings may change that no earlier
     * stage uses.
     *
     * @param stage seed, segments, train-M_yx, augment, train-M_0, score-1, curate-1, train-M_1, ..., export
     */
    public Humpback fromStage(String stage) {
        Objects.requireNonNull(stage, "fromStage");
        return with(it -> it.fromStage = stage);
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener told of stages, batches and steps
     */
    public Humpback listener(RunListener listener) {
        Objects.requireNonNull(listener, "listener");
        return with(it -> it.listener = listener);
    }

    /** {@return this, telling each instant at which a test may want the process to die} */
    Humpback moments(Consumer<String> moments) {
        return with(it -> it.moments = moments);
    }

    /**
     * Runs, or goes on with the run in the directory. An interrupt of the thread ends it with a {@link
     * java.util.concurrent.CancellationException} and leaves what is committed.
     *
     * @return what it leaves in the directory
     * @throws IOException if a file cannot be read or written
     * @throws DataException if the run was begun with something else, another process works on it, or the directory
     *     cannot be used; the message names both values
     * @throws IllegalArgumentException if the settings do not fit together
     */
    public RunResult run() throws IOException {
        new Loop(settings).run("");
        return RunResult.in(settings.directory);
    }

    /**
     * Takes in seed and corpus, which the run then need not do again, measures samples on the base model, and stops.
     *
     * @return what each further stage will cost; see {@link DryRun} for what is assumed
     * @throws IOException if a file cannot be read or written
     */
    public List<Forecast> dryRun() throws IOException {
        new Loop(settings).run("segments");
        return new DryRun(settings).forecasts();
    }

    /**
     * {@return what is wrong in the directory of a run: hashes, counts, references; empty if all is well}
     *
     * @param directory of a run
     * @throws IOException if it cannot be read
     */
    public static List<String> verify(Path directory) throws IOException {
        return Verification.of(directory);
    }

    private static void require(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + found + ": expected " + expected);
        }
    }
}
