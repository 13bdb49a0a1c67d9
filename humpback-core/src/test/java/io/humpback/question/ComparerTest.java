package io.humpback.question;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.UnscorableException;
import io.humpback.model.Prompt;
import io.humpback.question.Comparer.Comparison;
import io.humpback.question.Comparer.Place;
import io.humpback.question.Comparer.Ranking;
import io.humpback.testing.FakeLanguageModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ComparerTest {

    private static final String ASKED = "Why is the sky blue?";

    private static final Pattern SHOWN = Pattern.compile("<(response|instruction)_[ab]>\\n(.*)\\n");

    private static List<String> shown(Prompt prompt) {
        return SHOWN.matcher(FakeLanguageModel.text(prompt))
                .results()
                .map(found -> found.group(2))
                .toList();
    }

    /** Finds the text with the larger number the better one, and likes the first place by some odds. */
    private static FakeLanguageModel judge(double place, double outside) {
        return FakeLanguageModel.create().choosing((prompt, options) -> {
            List<String> texts = shown(prompt);
            double odds = place + number(texts.get(0)) - number(texts.get(1));
            double first = 1 / (1 + Math.exp(-odds));
            return new double[] {(1 - outside) * first, (1 - outside) * (1 - first)};
        });
    }

    private static double number(String text) {
        Matcher number = Pattern.compile("-?[\\d.]+").matcher(text);
        assertTrue(number.find(), text);
        return Double.parseDouble(number.group());
    }

    @Test
    void bothOrdersAreAskedAndAveraged() {
        FakeLanguageModel model = judge(1, .25);
        Comparison comparison = Comparer.ofResponses(model).compare(ASKED, "answer 2", "answer 1.5");
        double asGiven = 1 / (1 + Math.exp(-1.5));
        double turned = 1 / (1 + Math.exp(-.5));
        assertEquals((asGiven + 1 - turned) / 2, comparison.first(), 1e-12);
        assertEquals((asGiven + turned - 1) / 2, comparison.bias(), 1e-12);
        assertEquals(.25, comparison.outside(), 1e-12);
        assertEquals(
                List.of(List.of("answer 2", "answer 1.5"), List.of("answer 1.5", "answer 2")),
                model.prompts().stream().map(ComparerTest::shown).toList());
        assertTrue(
                FakeLanguageModel.text(model.prompts().get(0))
                        .endsWith(
                                "</response_b>\n\nWhich response answers the instruction better?\nAnswer with A or B.\nAnswer:"));
    }

    @Property(tries = 200)
    void turnedAroundItIsTheOtherProbability(
            @ForAll @DoubleRange(min = -5, max = 5) double place,
            @ForAll @DoubleRange(min = -5, max = 5) double a,
            @ForAll @DoubleRange(min = -5, max = 5) double b) {
        Comparer comparer = Comparer.ofResponses(judge(place, .1));
        Comparison one = comparer.compare(ASKED, "answer " + a, "answer " + b);
        Comparison other = comparer.compare(ASKED, "answer " + b, "answer " + a);
        assertEquals(1, one.first() + other.first(), 1e-12);
        assertEquals(one.bias(), other.bias(), 1e-12);
    }

    @Test
    void theSameTextTwiceIsUndecided() {
        assertEquals(
                .5,
                Comparer.ofResponses(judge(2, 0))
                        .compare(ASKED, "answer 1", "answer 1")
                        .first(),
                1e-12);
    }

    @Test
    void textsAreRankedByStrength() {
        FakeLanguageModel model = judge(.5, 0);
        List<String> texts = List.of("answer 1", "answer 3", "answer 0", "answer 2");
        Ranking ranking = Comparer.ofResponses(model).rank(ASKED, texts);
        assertEquals(
                List.of(1, 3, 0, 2),
                ranking.places().stream().map(Place::candidate).toList());
        assertEquals("answer 3", ranking.best());
        assertEquals(6, ranking.comparisons());
        assertEquals(12, model.prompts().size());
        assertTrue(ranking.bias() > .05 && ranking.bias() < .2, () -> "bias " + ranking.bias());
        Place best = ranking.places().get(0);
        assertTrue(best.low() < best.strength() && best.strength() < best.high());
    }

    @Property(tries = 100)
    void aBudgetConnectsAllTexts(
            @ForAll @IntRange(min = 3, max = 10) int count,
            @ForAll @IntRange(min = 0, max = 50) int more,
            @ForAll long seed) {
        FakeLanguageModel model = judge(0, 0);
        List<String> texts =
                IntStream.range(0, count).mapToObj(i -> "answer " + i).toList();
        int budget = count - 1 + more;
        Ranking ranking = Comparer.ofResponses(model).budget(budget, seed).rank(ASKED, texts);
        assertEquals(Math.min(budget, count * (count - 1) / 2), ranking.comparisons());
        Map<String, TreeSet<String>> met = new HashMap<>();
        model.prompts().forEach(prompt -> {
            List<String> two = shown(prompt);
            met.computeIfAbsent(two.get(0), any -> new TreeSet<>()).add(two.get(1));
        });
        assertEquals(
                2 * ranking.comparisons(),
                met.values().stream().mapToInt(TreeSet::size).sum());
        TreeSet<String> reached = new TreeSet<>(List.of("answer 0"));
        for (int i = 0; i < count; i++) {
            List.copyOf(reached).forEach(text -> reached.addAll(met.get(text)));
        }
        assertEquals(count, reached.size());
    }

    @Test
    void aSeedFixesWhichPairsAreCompared() {
        List<String> texts = IntStream.range(0, 8).mapToObj(i -> "answer " + i).toList();
        FakeLanguageModel one = judge(0, 0);
        FakeLanguageModel same = judge(0, 0);
        FakeLanguageModel other = judge(0, 0);
        Ranking ranking = Comparer.ofResponses(one).budget(9, 4).rank(ASKED, texts);
        assertEquals(ranking, Comparer.ofResponses(same).budget(9, 4).rank(ASKED, texts));
        Comparer.ofResponses(other).budget(9, 5).rank(ASKED, texts);
        assertEquals(one.prompts(), same.prompts());
        assertNotEquals(one.prompts(), other.prompts());
        assertEquals(
                "comparisons = 6: expected at least 7 for 8 candidates",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Comparer.ofResponses(one).budget(6, 1).rank(ASKED, texts))
                        .getMessage());
    }

    @Test
    void oneTextIsTheBestWithoutAsking() {
        FakeLanguageModel model = judge(0, 0);
        Ranking ranking = Comparer.ofResponses(model).rank(ASKED, List.of("answer 1"));
        assertEquals(new Ranking(List.of(new Place(0, "answer 1", 0, 0, 0)), 0, 0), ranking);
        assertEquals(0, model.prompts().size());
        assertThrows(IllegalArgumentException.class, () -> Comparer.ofResponses(model)
                .rank(ASKED, List.of()));
    }

    @Test
    void instructionsAreComparedForAResponse() {
        FakeLanguageModel model = judge(0, 0);
        Ranking ranking = Comparer.ofInstructions(model)
                .question("Which instruction is the clearer one?")
                .rank("Air scatters blue light.", List.of("ask 1", "ask 2"));
        assertEquals("ask 2", ranking.best());
        String prompt = FakeLanguageModel.text(model.prompts().get(0));
        assertTrue(prompt.contains("<response>\nAir scatters blue light.\n</response>\n\n<instruction_a>"), prompt);
        assertTrue(prompt.contains("</instruction_b>\n\nWhich instruction is the clearer one?"), prompt);
    }

    @Test
    void whatCannotBeShownIsNamed() {
        Comparer comparer = Comparer.ofResponses(judge(0, 0).contextLength(100));
        assertEquals(
                "empty: response 1 has no text",
                assertThrows(UnscorableException.class, () -> comparer.compare(ASKED, "answer 1", " "))
                        .getMessage());
        String message = assertThrows(
                        UnscorableException.class,
                        () -> comparer.rank(ASKED, List.of("answer 1", "answer 2", "answer 3 " + "so ".repeat(90))))
                .getMessage();
        assertTrue(message.startsWith("too long: responses 0 and 2: prompt and reply need "), message);
    }
}
