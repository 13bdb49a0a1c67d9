package io.humpback.examples.nano;

import io.humpback.Direction;
import io.humpback.LikelihoodScorer;
import io.humpback.Scorer;
import io.humpback.SystemTags;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.data.web.Corpus;
import io.humpback.model.Adapter;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Schedule;
import io.humpback.run.Humpback;
import io.humpback.run.JudgedPair;
import io.humpback.run.RunListener;
import io.humpback.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The whole loop in a made world, and what came of it held against the truth of that world. The folder of a trial is that
 * of a run, with its world: {@code world/pages}, {@code world/seed.jsonl} and {@code world/labels.jsonl}.
 *
 * @param seed of the world, its texts and all randomness
 * @param villages pages of the world, 2 to 80, each with {@value Site#SECTIONS} sections
 * @param seedPairs pairs without a flaw that the run begins with
 * @param steps of each training
 */
public record Trial(long seed, int villages, int seedPairs, int steps) {

    private static final double RATE = 3e-3;
    private static final int QUESTIONS = 80;
    private static final int FRESH_PAIRS = 200;

    /** What is drawn from the seed differs by its use. */
    private enum Use {
        SITE,
        SEED_PAIRS,
        FRESH_PAIRS,
        QUESTIONS
    }

    /** {@return the trial of the command demo} */
    public static Trial standard(long seed) {
        return new Trial(seed, 24, 60, 120);
    }

    private long seedFor(Use use) {
        return seed * 31 + use.ordinal() + 1;
    }

    private World world() {
        return World.of(seed, villages);
    }

    /**
     * {@return a copy with another number of steps of each training}
     *
     * @param count at least 1
     */
    public Trial withSteps(int count) {
        return new Trial(seed, villages, seedPairs, count);
    }

    /**
     * Runs the loop, or goes on with it, and looks at what came of it.
     *
     * @return what came of it
     * @throws IOException if a file cannot be read or written
     */
    public Findings run(Path folder, LanguageModel base, Arm arm, RunListener listener) throws IOException {
        RunResult result = arm.of(loop(folder, base), plan()).listener(listener).run();
        return findings(result, base, arm.tags());
    }

    /** {@return the file that says of each candidate whether it is good} */
    public static Path labels(Path folder) {
        return folder.resolve("world").resolve("labels.jsonl");
    }

    /** {@return the run in the world, which is written where it is missing} */
    Humpback loop(Path folder, LanguageModel base) throws IOException {
        Path pages = folder.resolve("world").resolve("pages");
        if (!Files.exists(pages.resolveSibling("seed.jsonl"))) {
            write(pages);
        }
        return Humpback.at(folder)
                .base(base)
                .seed(seedExamples())
                .corpus(Corpus.pages(pages))
                .keepTopShare(0.5)
                .plan(plan())
                .sampling(Sampling.nucleus(0.9).temperature(0.7).maxTokens(40))
                .randomSeed(seed);
    }

    private TrainingPlan plan() {
        return TrainingPlan.lowRank().toBuilder()
                .learningRate(RATE)
                .finalLearningRate(RATE / 10)
                .schedule(Schedule.COSINE)
                .warmup(0.1)
                .betas(0.9, 0.95)
                .batch(8)
                .microBatchTokens(2048)
                .steps(steps)
                .maxTokens(512)
                .seed(seed)
                .build();
    }

    private void write(Path folder) throws IOException {
        new Site(world(), seedFor(Use.SITE)).write(folder);
        try (JsonLines.Writer writer = JsonLines.write(folder.resolveSibling("seed.jsonl"))) {
            for (Example pair : seedExamples()) {
                writer.write(
                        JsonLines.row().put("instruction", pair.instruction()).put("response", pair.response()));
            }
            writer.commit();
        }
    }

    private List<Example> seedExamples() {
        PairSource pairs = new PairSource(world(), seedFor(Use.SEED_PAIRS));
        return Stream.generate(() -> pairs.pair(Flaw.NONE).example())
                .limit(seedPairs)
                .toList();
    }

    private Findings findings(RunResult result, LanguageModel base, SystemTags tags) throws IOException {
        Truth truth = new Truth(world());
        List<Example> candidates = candidates(result);
        label(labels(result.directory()), truth, candidates);
        Map<Flaw, Integer> flaws = new LinkedHashMap<>();
        for (Example pair : candidates) {
            flaws.merge(truth.flaw(pair.instruction(), pair.response()), 1, Integer::sum);
        }
        List<Findings.Round> rounds = new ArrayList<>();
        for (int round = 1; round <= result.rounds(); round++) {
            try (var kept = result.kept(round)) {
                List<Example> pairs =
                        kept.map(pair -> pair.candidate().example()).toList();
                int good = good(truth, pairs);
                rounds.add(new Findings.Round(pairs.size(), good, (double) good / flaws.getOrDefault(Flaw.NONE, 0)));
            }
        }
        Map<String, Findings.Skill> skills = new LinkedHashMap<>();
        List<Example> asked = questions(truth, candidates);
        skills.put("base", skill(base, truth, candidates, asked, SystemTags.none()));
        for (Map.Entry<String, Adapter> trained : result.adapters().entrySet()) {
            if (!trained.getKey().equals("M_yx")) {
                try (LanguageModel model = base.with(trained.getValue())) {
                    skills.put(trained.getKey(), skill(model, truth, candidates, asked, tags));
                }
            }
        }
        return new Findings(candidates.size(), flaws, rounds, skills);
    }

    private static List<Example> candidates(RunResult result) {
        try (Stream<JudgedPair> pairs = result.candidates()) {
            return pairs.map(pair -> pair.candidate().example()).toList();
        }
    }

    /** Writes what is wrong with each candidate into the folder of the world, as labels of a report. */
    private static void label(Path file, Truth truth, List<Example> candidates) throws IOException {
        try (JsonLines.Writer writer = JsonLines.write(file)) {
            for (Example pair : candidates) {
                Flaw flaw = truth.flaw(pair.instruction(), pair.response());
                writer.write(JsonLines.row()
                        .put("instruction", pair.instruction())
                        .put("response", pair.response())
                        .put("label", flaw == Flaw.NONE ? 1 : 0)
                        .put("flaw", flaw.toString()));
            }
            writer.commit();
        }
    }

    private static int good(Truth truth, List<Example> pairs) {
        return (int) pairs.stream()
                .filter(pair -> truth.flaw(pair.instruction(), pair.response()) == Flaw.NONE)
                .count();
    }

    /**
     * {@return questions with answers in other words than those of the pages and the seed: about what pages describe and
     * no seed pair does}
     */
    private List<Example> questions(Truth truth, List<Example> candidates) {
        Set<Truth.Subject> known = new HashSet<>();
        for (Example pair : seedExamples()) {
            truth.subject(pair.response()).ifPresent(known::add);
        }
        Set<Truth.Subject> asked = new LinkedHashSet<>();
        for (Example pair : candidates) {
            truth.subject(pair.response())
                    .filter(subject -> !known.contains(subject))
                    .filter(subject -> world().villages().contains(subject.village()))
                    .ifPresent(asked::add);
        }
        List<Truth.Subject> subjects = new ArrayList<>(asked);
        Collections.shuffle(subjects, new Random(seedFor(Use.QUESTIONS)));
        Author author = new Author(world(), seedFor(Use.QUESTIONS));
        return subjects.stream()
                .limit(QUESTIONS)
                .map(subject -> new Example(
                        author.question(subject.village(), subject.topic()),
                        author.text(subject.village(), subject.topic())))
                .toList();
    }

    private Findings.Skill skill(
            LanguageModel model, Truth truth, List<Example> candidates, List<Example> asked, SystemTags tags) {
        PairSource source = new PairSource(world(), seedFor(Use.FRESH_PAIRS));
        List<Example> fresh = Stream.generate(() -> source.pair().example())
                .limit(FRESH_PAIRS)
                .toList();
        int answered = 0;
        int facts = 0;
        try (var answers = model.complete(
                asked.stream().map(pair -> Direction.FORWARD.prompt(pair.instruction(), tags.both())),
                Sampling.greedy().maxTokens(200))) {
            Iterator<Example> questions = asked.iterator();
            for (var each = answers.iterator(); each.hasNext(); ) {
                Flaw flaw =
                        truth.flaw(questions.next().instruction(), each.next().text());
                answered += flaw == Flaw.NONE ? 1 : 0;
                facts += flaw == Flaw.NONE || flaw == Flaw.PADDED || flaw == Flaw.TRUNCATED ? 1 : 0;
            }
        }
        double[] sums = new double[2]; // log-probability, tokens
        try (var likelihoods =
                model.logLikelihood(asked.stream().map(pair -> Direction.FORWARD.of(pair, tags.both())))) {
            likelihoods.forEach(likelihood -> {
                sums[0] += likelihood.sum();
                sums[1] += likelihood.tokens().length;
            });
        }
        return new Findings.Skill(
                judgement(model, truth, candidates, tags),
                judgement(model, truth, fresh, tags),
                (double) answered / asked.size(),
                (double) facts / asked.size(),
                Math.exp(-sums[0] / sums[1]));
    }

    private static Findings.Judgement judgement(
            LanguageModel model, Truth truth, List<Example> pairs, SystemTags tags) {
        boolean[] good = new boolean[pairs.size()];
        for (int i = 0; i < good.length; i++) {
            good[i] = truth.flaw(pairs.get(i).instruction(), pairs.get(i).response()) == Flaw.NONE;
        }
        return new Findings.Judgement(
                Evaluation.auc(Scorer.using(model).system(tags.both()).score(pairs), good),
                Evaluation.auc(LikelihoodScorer.perToken(model).score(pairs), good));
    }
}
