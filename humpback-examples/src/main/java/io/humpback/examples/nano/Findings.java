package io.humpback.examples.nano;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What came of a {@link Trial}, held against the truth of its world.
 *
 * @param candidates pairs whose instruction passed the checks
 * @param flaws how many of them have which flaw
 * @param rounds from the first
 * @param skills by model: base, M_0, M_1, ...
 */
public record Findings(int candidates, Map<Flaw, Integer> flaws, List<Round> rounds, Map<String, Skill> skills) {

    /**
     * What a model can do.
     *
     * @param candidates its judgements of the run's candidates
     * @param fresh its judgements of fresh pairs with known flaws
     * @param answers the share of questions about what pages describe and no seed pair does that it answers without a flaw
     * @param facts the share of them in which it names the fact, whatever else is wrong
     * @param perplexity of texts without a flaw that answer them
     */
    public record Skill(Judgement candidates, Judgement fresh, double answers, double facts, double perplexity) {}

    /**
     * ROC-AUC of two judgements of the same pairs.
     *
     * @param rating by the expected rating
     * @param likelihood by log P(response | instruction) per token
     */
    public record Judgement(double rating, double likelihood) {}

    /**
     * What a round kept.
     *
     * @param kept pairs
     * @param good those of them without a flaw
     * @param recall of all candidates without a flaw, the share that is kept
     */
    public record Round(int kept, int good, double recall) {

        /** {@return the share of kept pairs without a flaw} */
        public double precision() {
            return (double) good / kept;
        }
    }

    /** {@return the share of the candidates whose instruction asks for what the text says} */
    public double right() {
        int right = 0;
        for (Flaw flaw : List.of(Flaw.NONE, Flaw.PADDED, Flaw.TRUNCATED)) {
            right += flaws.getOrDefault(flaw, 0);
        }
        return (double) right / candidates;
    }

    /** {@return all figures by name, and what a model does better than the one before it} */
    public Map<String, Double> figures() {
        Map<String, Double> all = new LinkedHashMap<>();
        all.put("right", right());
        all.put("good", flaws.getOrDefault(Flaw.NONE, 0) / (double) candidates);
        for (int i = 0; i < rounds.size(); i++) {
            all.put("precision_" + (i + 1), rounds.get(i).precision());
            all.put("recall_" + (i + 1), rounds.get(i).recall());
        }
        skills.forEach((name, skill) -> of(skill).forEach((figure, value) -> all.put(figure + " " + name, value)));
        Map<String, Double> first = of(Objects.requireNonNull(skills.get("M_0")));
        Map<String, Double> second = of(Objects.requireNonNull(skills.get("M_1")));
        second.forEach(
                (figure, value) -> all.put(figure + " M_1-M_0", value - Objects.requireNonNull(first.get(figure))));
        return all;
    }

    private static Map<String, Double> of(Skill skill) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("auc", skill.candidates().rating());
        figures.put("auc_likelihood", skill.candidates().likelihood());
        figures.put("fresh_auc", skill.fresh().rating());
        figures.put("fresh_auc_likelihood", skill.fresh().likelihood());
        figures.put("answers", skill.answers());
        figures.put("facts", skill.facts());
        figures.put("perplexity", skill.perplexity());
        return figures;
    }

    /** {@return the same as JSON} */
    public ObjectNode toJson() {
        ObjectNode json = JsonLines.row().put("candidates", candidates);
        ObjectNode counts = json.putObject("flaws");
        flaws.forEach((flaw, count) -> counts.put(flaw.toString(), count));
        figures().forEach(json::put);
        return json;
    }
}
