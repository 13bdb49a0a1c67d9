package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.quality.Attack;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttackCommandTest {

    @TempDir
    private Path folder;

    private Ran attack(Object... more) {
        Object[] args = {"attack", "--in", folder.resolve("pairs.jsonl"), "--model", "m"};
        return Ran.scripted(
                () -> FakeLanguageModel.create()
                        .rating(prompt -> FakeLanguageModel.text(prompt).contains("wonderful question") ? 3 : 2),
                java.util.stream.Stream.of(args, more)
                        .flatMap(java.util.Arrays::stream)
                        .toArray());
    }

    @Test
    void eachKindIsTold() throws IOException {
        Ran.write(
                folder.resolve("pairs.jsonl"),
                "{\"instruction\": \"Why?\", \"response\": \"For a reason.\"}",
                "{\"instruction\": \"How?\", \"response\": \"In a way.\"}",
                "not reached");
        JsonNode told = attack("--limit", 2, "--threshold", 3, "--json").done().summary();
        assertEquals(Attack.values().length + 1, told.size());
        JsonNode flattery = told.get("flattery");
        assertEquals(0.5, flattery.get("mean_shift").doubleValue(), 1e-12);
        assertEquals(1, flattery.get("greatest").doubleValue(), 1e-12);
        assertEquals(2, flattery.get("lifted").intValue());
        assertTrue(told.get("opener_alone").get("refused").intValue() >= 4);
        assertEquals("fake", told.get("judge").get("model").textValue());
    }

    @Test
    void aRowThatIsNoPairEndsIt() throws IOException {
        Ran.write(folder.resolve("pairs.jsonl"), "{\"instruction\": \"Why?\"}");
        Ran ran = attack();
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains(": found the columns instruction, expected instruction and response"), ran.err());
        assertEquals(2, attack("--limit", -1).status());
    }
}
