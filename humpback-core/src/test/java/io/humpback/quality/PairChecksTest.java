package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.quality.Drop.Reason;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PairChecksTest {

    private static Optional<Reason> reason(String instruction, String response) {
        return PairChecks.check(instruction, response).map(Drop::reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Thought process:",
                "**Thought process:**",
                "Let's solve this problem step by step.",
                "Let\u2019s think step by step",
                "Solution",
                "# Solution\n",
                "Sure!",
                "Sure! Here is the solution:",
                "Okay. Let me think.",
                "Here are five ways to do this:",
                "\u89e3",
                "\u304b\u3044\u305b\u3064",
                "Respuesta",
                "Answer:\n\n...\n",
                "\u7b54\u6848\uff1a"
            })
    void aResponseThatOnlyAnnouncesIsAnOpener(String response) {
        assertEquals(Optional.of(Reason.OPENER_ONLY), reason("Why?", response));
    }

    @ParameterizedTest
    @ValueSource(strings = {":", ".", ",", "...", "**", "\ud83d\ude00", "- - -\n\n"})
    void aResponseWithoutLettersAndDigitsIsTooShort(String response) {
        assertEquals(Optional.of(Reason.TOO_SHORT), reason("Why?", response));
    }

    @Test
    void emptyTextsAreNamed() {
        assertEquals(
                "empty: response has no text",
                PairChecks.check("Why?", " \n").orElseThrow().toString());
        assertEquals(
                "empty: instruction has no text",
                PairChecks.check("", "Yes").orElseThrow().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4",
                "B",
                "Yes.",
                "No",
                "Paris",
                "The answer is 42.",
                "Solution: 42",
                "Sure, use a knife.",
                "Thought process: first I halve it.",
                "Okay, here is why:\n\n1. It rains.",
                "\u6771\u4eac",
                "To mount a disk you have to do all of the following in order:"
            })
    void anAnswerHoweverShortPasses(String response) {
        assertEquals(Optional.empty(), reason("Why?", response));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Why do the leaves of most trees turn red in autumn?",
                "why do the leaves of most trees turn red in autumn",
                "Why do the leaves of most trees turn red in autumn? Why do the leaves of most trees turn red in autumn?",
                "**Why do the leaves of most trees turn red in autumn?**\n\nGood."
            })
    void aResponseThatOnlyRepeatsTheInstructionIsACopy(String response) {
        assertEquals(
                Optional.of(Reason.RESPONSE_COPIED),
                reason("Why do the leaves of most trees turn red in autumn?", response));
    }

    @Test
    void quotingAndExtractingAndRewritingAreAnswers() {
        String question = "Why do the leaves of most trees turn red in autumn?";
        assertEquals(
                Optional.empty(),
                reason(
                        question,
                        question + " Because the green pigment is taken back and others, which were there, are seen."));
        assertEquals(
                Optional.empty(),
                reason(
                        "Which pigment is green? The leaf holds several pigments, of which chlorophyll is the green one, and the"
                                + " others are yellow and orange.",
                        "chlorophyll is the green one"));
        assertEquals(
                Optional.empty(), reason("Correct this: he go to school every day", "He goes to school every day."));
        assertEquals(Optional.empty(), reason("Hello", "Hello"));
    }
}
