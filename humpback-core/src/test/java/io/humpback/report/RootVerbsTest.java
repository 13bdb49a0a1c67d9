package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RootVerbsTest {

    private final RootVerbs verbs = new RootVerbs();

    @Test
    void commandsAndQuestionsHaveAVerbAndAnObject() {
        assertEquals(List.of("write", "story"), verbs.of("Write a short story about a dog."));
        assertEquals(List.of("remove", "stains"), verbs.of("How do I remove hard water stains from a kettle?"));
        assertEquals(List.of("tell", "joke"), verbs.of("Can you tell me a joke?"));
        assertEquals(List.of("describe", "process"), verbs.of("Task: Describe the process of installing Debian"));
        assertEquals(List.of(), verbs.of("What is the capital of France?"));
    }

    @Test
    void anyTextIsTaken() {
        for (String text : new String[] {"", " \n", "!!!", "\ud800", "Write", "Question:", "x".repeat(100_000)}) {
            verbs.add(text);
        }
        assertEquals(Map.of(), verbs.top(5, 5));
    }

    @Test
    void theMostFrequentComeFirstAndTheRestIsCounted() {
        for (String noun : new String[] {"story", "story", "poem", "letter"}) {
            verbs.add("Write a " + noun + ".");
        }
        verbs.add("Describe the process.");
        assertEquals(
                "{write={story=2, ...=2}, describe={process=1}}",
                verbs.top(5, 1).toString());
        assertEquals(1, verbs.top(1, 5).size());
    }
}
