package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WorldTest {

    @Test
    void theSameSeedGivesTheSameWorldAndAnotherOneOtherFacts() {
        assertEquals(facts(World.of(7, 80)), facts(World.of(7, 80)));
        assertNotEquals(facts(World.of(7, 80)), facts(World.of(8, 80)));
    }

    @Test
    void aWorldHasAsManyVillagesAsAskedFor() {
        assertEquals(12, new HashSet<>(World.of(1, 12).villages()).size());
        assertThrows(IllegalArgumentException.class, () -> World.of(1, 81));
        assertThrows(IllegalArgumentException.class, () -> World.of(1, 1));
        assertThrows(IllegalArgumentException.class, () -> World.of(1, 2).value("Atlantis", Topic.CRAFT));
    }

    @Test
    void noValueBelongsToTwoTopics() {
        List<String> values = Arrays.stream(Topic.values())
                .flatMap(topic -> Stream.concat(topic.choices().stream(), Stream.of(topic.noun())))
                .toList();
        assertEquals(values.size(), new HashSet<>(values).size());
    }

    private static List<String> facts(World world) {
        return world.villages().stream()
                .sorted()
                .flatMap(village -> Arrays.stream(Topic.values()).map(topic -> village + world.value(village, topic)))
                .toList();
    }
}
