package io.humpback.report;

import io.humpback.Augmenter.Attempt;
import io.humpback.quality.Drift;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.Labels;
import io.humpback.report.RunReport.Curve;
import io.humpback.report.RunReport.Drifted;
import io.humpback.report.RunReport.Judge;
import io.humpback.report.RunReport.Named;
import io.humpback.report.RunReport.Pair;
import io.humpback.report.RunReport.Step;
import io.humpback.report.RunReport.Verbs;
import io.humpback.run.JudgedPair;
import io.humpback.run.JudgedPair.Verdict;
import io.humpback.run.RunResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads a report from the directory of a run, also of one that is not done yet. Candidates are read one at a time; kept in
 * memory are 32 bytes per candidate and round, to compare the rounds.
 */
final class StoredRun {

    private static final int SHOWN = 100;
    private static final int SHOWN_A_REASON = 20;

    /** The most instructions that are read for their verbs, evenly spread: tagging is slow, and shares settle early. */
    private static final int TAGGED = 20_000;

    private final RunResult result;
    private final Labels labels;
    private final List<Round> rounds = new ArrayList<>();
    private final Histogram instructions = Histogram.ofLengths();
    private final Histogram responses = Histogram.ofLengths();
    private final Histogram keptResponses = Histogram.ofLengths();
    private final RootVerbs verbs = new RootVerbs();
    private long tagged;
    private final Few kept = new Few(SHOWN);
    private final Map<String, Few> dropped = new TreeMap<>();

    private StoredRun(RunResult result, Labels labels) {
        this.result = result;
        this.labels = labels;
        for (int round = 1; round <= result.rounds(); round++) {
            rounds.add(new Round(result.judge(round)));
        }
    }

    /**
     * {@return the report of the run in a directory, its judges compared with what people said of the candidates}
     *
     * @throws io.humpback.data.DataException if there is no run
     */
    public static RunReport read(Path directory, Labels labels) throws IOException {
        return new StoredRun(RunResult.at(directory), labels).read();
    }

    /** What the judge of a round said, in the order of the candidates. */
    private static final class Round {
        private final String judge;
        private final DoubleStream.Builder values = DoubleStream.builder();
        private final IntStream.Builder picks = IntStream.builder();
        private final JudgedRows judged = new JudgedRows();
        private double[] scores = {};
        private int[] kept = {};

        Round(String judge) {
            this.judge = judge;
        }

        void add(Verdict verdict, double label, double drawnWith) {
            values.add(verdict.score());
            picks.add(verdict.kept() ? 1 : 0);
            judged.add(verdict.score(), verdict.kept(), label, drawnWith);
        }

        void end() {
            scores = values.build().toArray();
            kept = picks.build().toArray();
        }

        Optional<Judge> beside() {
            return judged.judge(judge, true);
        }

        /** How a later round differs on what both have judged. */
        Drift drift(Round later) {
            int[] both = IntStream.range(0, scores.length)
                    .filter(i -> !Double.isNaN(scores[i]) && !Double.isNaN(later.scores[i]))
                    .toArray();
            Drift drift = Drift.between(
                    Arrays.stream(both).mapToDouble(i -> scores[i]).toArray(),
                    Arrays.stream(both).mapToDouble(i -> later.scores[i]).toArray(),
                    0);
            int entered = (int)
                    Arrays.stream(both).filter(i -> kept[i] < later.kept[i]).count();
            int left = (int)
                    Arrays.stream(both).filter(i -> kept[i] > later.kept[i]).count();
            return new Drift(
                    drift.rows(),
                    drift.meanChange(),
                    drift.deviation(),
                    drift.meanAbsoluteChange(),
                    drift.spearman(),
                    entered,
                    left);
        }
    }

    /** A sample of pairs without replacement: those with the least ids, which are hashes. */
    private static final class Few {
        private record Drawn(String id, Pair pair) {}

        private final int count;
        private final PriorityQueue<Drawn> drawn =
                new PriorityQueue<>(Comparator.comparing(Drawn::id).reversed());

        Few(int count) {
            this.count = count;
        }

        void add(String id, Pair pair) {
            if (drawn.stream().anyMatch(other -> other.pair.instruction().equals(pair.instruction()))) {
                return; // a reader learns nothing from the same text
            }
            drawn.add(new Drawn(id, pair));
            if (drawn.size() > count) {
                drawn.remove();
            }
        }

        /** {@return the best first} */
        List<Pair> pairs() {
            return drawn.stream()
                    .sorted(Comparator.comparing(Drawn::id))
                    .map(Drawn::pair)
                    .sorted(Comparator.comparingDouble((Pair pair) -> Double.isNaN(pair.score()) ? 0 : -pair.score()))
                    .toList();
        }
    }

    private RunReport read() throws IOException {
        long every = Math.max(1, (result.candidateCount() + TAGGED - 1) / TAGGED);
        try (Stream<JudgedPair> candidates = result.candidates()) {
            long[] seen = new long[1];
            candidates.forEach(pair -> add(pair, seen[0]++ % every == 0));
        }
        try (Stream<Attempt> attempts = result.dropped()) {
            attempts.forEach(this::add);
        }
        rounds.forEach(Round::end);
        List<Drifted> drifts = new ArrayList<>();
        for (int i = 1; i < rounds.size(); i++) {
            Round before = rounds.get(i - 1);
            drifts.add(new Drifted(before.judge, rounds.get(i).judge, before.drift(rounds.get(i))));
        }
        Path directory = result.directory().toAbsolutePath().normalize();
        return new RunReport(
                String.valueOf(directory.getFileName()),
                funnel(),
                rounds.stream()
                        .map(round -> new Named<>(round.judge, Histogram.ofScores(round.scores)))
                        .toList(),
                drifts,
                rounds.stream().flatMap(round -> round.beside().stream()).toList(),
                losses(),
                List.of(
                        new Named<>("instructions", instructions),
                        new Named<>("responses", responses),
                        new Named<>("responses kept", keptResponses)),
                new Verbs(tagged, verbs.top(20, 5)),
                Stream.concat(Stream.of(kept), dropped.values().stream())
                        .map(Few::pairs)
                        .flatMap(Collection::stream)
                        .toList(),
                result.seconds(),
                result.settings(),
                result.fingerprints());
    }

    private void add(JudgedPair pair, boolean tag) {
        String instruction = pair.candidate().instruction();
        String response = pair.candidate().response();
        instructions.addLength(instruction.length());
        responses.addLength(response.length());
        if (tag) {
            tagged += verbs.add(instruction);
        }
        double label = labels.of(pair.id(), instruction, response);
        double drawnWith = labels.drawnWith(pair.id(), instruction, response);
        for (int i = 0; i < rounds.size(); i++) {
            rounds.get(i).add(pair.verdicts().get(i), label, drawnWith);
        }
        if (!rounds.isEmpty()) {
            Verdict last = pair.verdicts().get(rounds.size() - 1);
            if (last.kept()) {
                keptResponses.addLength(response.length());
            }
            Few few = last.drop() == null ? kept : few(last.drop().reason().key());
            few.add(
                    pair.id(),
                    new Pair(
                            instruction,
                            response,
                            pair.candidate().segment().source(),
                            last.score(),
                            last.rating() == null ? null : last.rating().distribution(),
                            last.kept(),
                            last.drop() == null ? "" : last.drop().toString()));
        }
    }

    private void add(Attempt attempt) {
        Drop drop = Objects.requireNonNull(attempt.drop());
        few(drop.reason().key())
                .add(
                        attempt.segment().id(),
                        new Pair(
                                attempt.output(),
                                attempt.segment().text(),
                                attempt.segment().source(),
                                Double.NaN,
                                null,
                                false,
                                drop.toString()));
    }

    private Few few(String reason) {
        return dropped.computeIfAbsent(reason, any -> new Few(SHOWN_A_REASON));
    }

    private List<Step> funnel() {
        List<Step> steps = new ArrayList<>();
        int unreadable = result.unreadable().size();
        Map<String, Long> notRead = unreadable == 0 ? Map.of() : Map.of("unreadable", (long) unreadable);
        if (result.pages() > 0) {
            steps.add(new Step("pages", result.pages(), notRead));
        }
        for (FunnelStep step : result.funnel()) {
            if (step.stage().equals("segments")) {
                steps.add(new Step("sections", step.into(), result.pages() > 0 ? Map.of() : notRead));
            }
            steps.add(new Step(step.items(), step.out(), step.dropped()));
        }
        return steps;
    }

    private List<Curve> losses() throws IOException {
        List<Curve> curves = new ArrayList<>();
        for (String model : result.adapters().keySet()) {
            curves.add(curve(model, result.losses(model)));
            Map<Integer, Double> heldOut = result.heldOutLosses(model);
            if (!heldOut.isEmpty()) {
                curves.add(curve(model + Curve.HELD_OUT, heldOut));
            }
        }
        return curves;
    }

    private static Curve curve(String name, Map<Integer, Double> losses) {
        return new Curve(
                name,
                losses.keySet().stream().mapToDouble(step -> step).toArray(),
                losses.values().stream().mapToDouble(loss -> loss).toArray());
    }
}
