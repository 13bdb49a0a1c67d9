package io.humpback.question;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.humpback.question.Question.Scale;
import io.humpback.question.Question.Subject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class QuestionTest {

    private static String refused(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @Test
    void optionsStandInTheirOrder() {
        assertEquals(List.of("yes", "no"), Question.yesNo("a", "b?").options());
        assertEquals(
                List.of("z", "y", "a z"),
                Question.choice("a", "b?", "z", "y", "a z").options());
        assertEquals(List.of("-1", "0", "1"), Question.scale("a", "b?", -1, 1).options());
    }

    @Test
    void whatCannotBeAskedIsRefused() {
        assertEquals(
                "question: name = : expected one line of text without space around it",
                refused(() -> Question.yesNo("", "a?")));
        assertEquals("question a: text =  : expected a question", refused(() -> Question.yesNo("a", " ")));
        assertEquals(
                "question a: options = [x]: expected at least two", refused(() -> Question.choice("a", "b?", "x")));
        assertEquals("question a: option = x: expected each once", refused(() -> Question.choice("a", "b?", "x", "x")));
        assertEquals(
                "question a: option =  x: expected one line of text without space around it",
                refused(() -> Question.choice("a", "b?", " x", "y")));
        assertEquals(
                "question a: option = x\ny: expected one line of text without space around it",
                refused(() -> Question.choice("a", "b?", "x\ny", "y")));
        assertEquals(
                "question a: scale = 3 to 3: expected 2 to 1001 levels, the lowest first",
                refused(() -> Question.scale("a", "b?", 3, 3)));
        assertEquals(
                "question a: scale = 0 to 1001: expected 2 to 1001 levels, the lowest first",
                refused(() -> Question.scale("a", "b?", 0, 1001)));
        refused(() -> Question.scale("a", "b?", Integer.MIN_VALUE, Integer.MAX_VALUE));
        assertEquals(
                "question a: levels = [7]: expected numbers from 1 to 5",
                refused(() -> new Scale("a", "b?", 1, 5, Map.of(7, "much"))));
    }

    @Test
    void levelsStandFromLowToHigh() {
        Scale scale = Question.scale("a", "b?", 1, 5).level(5, " best ").level(1, "worst");
        assertEquals(List.of(1, 5), List.copyOf(scale.levels().keySet()));
        assertEquals(List.of("worst", "best"), List.copyOf(scale.levels().values()));
    }

    @Test
    void furtherTextsStandBeforeThePair() {
        Subject subject = Subject.of("i", "r").with("turns", "t").with("context", "c");
        assertEquals(
                List.of("turns", "context", "instruction", "response"),
                List.copyOf(subject.texts().keySet()));
        assertEquals(
                List.of("a", "b"),
                List.copyOf(new Subject(Map.of("a", "1")).with("b", "2").texts().keySet()));
    }

    @Test
    void namesOfTextsAreThoseOfTags() {
        for (String name : List.of("", "Context", "1st", "a-2", "a b", "x>", "a".repeat(41), "\u00e9")) {
            assertEquals(
                    "field = " + name + ": expected a lower-case letter, then at most 39 letters, digits and _",
                    refused(() -> Subject.of("i", "r").with(name, "t")));
        }
        assertEquals("field = response: expected a name that is not taken", refused(() -> Subject.of("i", "r")
                .with("response", "t")));
        assertEquals("texts = {}: expected at least one", refused(() -> new Subject(Map.of())));
    }
}
