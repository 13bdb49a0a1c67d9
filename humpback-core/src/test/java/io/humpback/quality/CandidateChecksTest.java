package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.ReferenceData;
import io.humpback.quality.Drop.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CandidateChecksTest {

    private static final String RESPONSE = """
            The file /etc/fstab gives a list of all possible mounts that happen either automatically on boot or manually \
            for removable storage devices. Each mount point is described by a line with several space-separated fields: \
            the device to mount, the mount point, the type of the file system, and a number of options.""";
    private static final List<String> PROMPT = List.of(
            "Reply with one instruction or question to which this text is the answer. Write nothing else.",
            "How do I remove hard water stains from a kettle?");

    private final CandidateChecks checks = CandidateChecks.standard();

    private Optional<Drop> check(String instruction) {
        return checks.check(instruction, RESPONSE, PROMPT, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "What is the purpose of /etc/fstab?",
                "Explain how the file /etc/fstab is structured.",
                "Define pi",
                "Please describe the fields of a line in /etc/fstab",
                "I need to know which file systems are mounted on boot.",
                "You are a Linux teacher. Explain mounting to a beginner.",
                "Tell me what a file system table is",
                "what's the type of the file system used for",
                "In one paragraph: summarize what fstab does.",
                "Help me understand mount points and removable storage devices.",
                "How do I learn C++",
                "How do I change the text size of a terminal?",
            })
    void aRequestPasses(String instruction) {
        assertEquals(Optional.empty(), check(instruction));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'  '|EMPTY",
                "Why?|TOO_SHORT",
                "a b c d|TOO_SHORT",
                "Explain the difference between the|TRUNCATED",
                "List the fields of a mount,|TRUNCATED",
                "What are the options (|TRUNCATED",
                "Describe mounting and|TRUNCATED",
                "Reply with one instruction or question to which fstab is the answer.|PROMPT_LEAKED",
                "How do I remove hard water stains from a kettle?|PROMPT_LEAKED",
                "What is the main topic of the given text?|PROMPT_LEAKED",
                "Summarize this passage about mounting.|PROMPT_LEAKED",
                "Explain the text above in your words.|PROMPT_LEAKED",
                "Explain <text> mounting disks|PROMPT_LEAKED",
                "The mounting of disks|NOT_A_REQUEST",
                "File systems and their options|NOT_A_REQUEST",
                "It is a file with mounts. The system reads it.|NOT_A_REQUEST",
            })
    void eachFaultHasItsReason(String instruction, Reason reason) {
        assertEquals(Optional.of(reason), check(instruction).map(Drop::reason));
    }

    /** People's instructions are what the checks must let through: false alarms stay below one in twenty. */
    @Test
    void instructionsWrittenByPeoplePass() throws IOException {
        Path file = ReferenceData.file("data/self-instruct-seed-tasks.jsonl");
        ObjectMapper json = new ObjectMapper();
        List<String> dropped = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (String line : lines) {
            JsonNode task = json.readTree(line);
            String instruction = task.get("instruction").asText();
            String output = task.get("instances").get(0).get("output").asText();
            checks.check(instruction, output, PROMPT, false)
                    .ifPresent(drop -> dropped.add(drop + " <- " + instruction));
        }
        assertEquals(175, lines.size());
        assertTrue(dropped.size() <= lines.size() / 20, () -> String.join("\n", dropped));
    }

    @Test
    void aCopyOfTheResponseIsNoInstruction() {
        assertEquals(
                "response copied: 23 consecutive words are those of the response",
                check(RESPONSE.substring(0, RESPONSE.indexOf("Each")))
                        .map(Drop::toString)
                        .orElseThrow());
        // every word lies in a run of the response, though no run is long
        assertEquals(
                Optional.of("response copied: 100 % of the words stand in runs of the response"),
                check("The type of the file system, a number of options, each mount point is described")
                        .map(Drop::toString));
        // eleven words in a row, but in a question of its own
        assertEquals(
                Optional.empty(),
                check("Why does it give the list of all possible mounts that happen either automatically on boot,"
                        + " and which of them should I edit first?"));
    }

    @Test
    void aCutOffInstructionIsTruncatedHoweverItEnds() {
        Drop drop = checks.check("Explain mounting.", RESPONSE, PROMPT, true).orElseThrow();
        assertEquals("truncated: the bound of new tokens was reached", drop.toString());
        assertEquals(
                "truncated: ends in \"the\"", check("Explain the").orElseThrow().toString());
    }

    @Test
    void otherLanguagesPassWhenEnglishIsNotAskedFor() {
        String french = "Explique comment monter un disque.";
        assertEquals(Optional.of(Reason.NOT_A_REQUEST), check(french).map(Drop::reason));
        assertEquals(Optional.empty(), checks.englishRequests(false).check(french, RESPONSE, PROMPT, false));
    }

    @Test
    void boundsCanBeMoved() {
        String copy = "Explain all possible mounts that happen either automatically on boot or manually.";
        assertEquals(Optional.of(Reason.RESPONSE_COPIED), check(copy).map(Drop::reason));
        assertEquals(Optional.empty(), checks.copiedShare(1).check(copy, RESPONSE, PROMPT, false));
        assertEquals(
                Optional.of(Reason.RESPONSE_COPIED),
                checks.copiedShare(1)
                        .copiedRun(5)
                        .check(copy, RESPONSE, PROMPT, false)
                        .map(Drop::reason));
        assertEquals(Optional.empty(), checks.minLetters(3).check("Why?", RESPONSE, PROMPT, false));
    }

    @Test
    void wrongBoundsAreRefused() {
        assertEquals("minLetters = 0: expected at least 1", message(() -> checks.minLetters(0)));
        assertEquals("copiedRun = 3: expected at least 4", message(() -> checks.copiedRun(3)));
        assertEquals("copiedShare = 0.0: expected in (0, 1]", message(() -> checks.copiedShare(0)));
        assertEquals("copiedShare = NaN: expected in (0, 1]", message(() -> checks.copiedShare(Double.NaN)));
    }

    private static String message(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }
}
