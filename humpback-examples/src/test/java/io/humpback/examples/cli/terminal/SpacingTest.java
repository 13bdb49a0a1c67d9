package io.humpback.examples.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpacingTest {

    @Test
    void linesComeMoreAndMoreSeldom() {
        Spacing spacing = new Spacing();
        List<Integer> due = IntStream.rangeClosed(0, 1300)
                .filter(second -> spacing.due(second))
                .boxed()
                .toList();
        assertEquals(List.of(10, 20, 40, 80, 160, 320, 620, 920, 1220), due);
    }

    @Test
    void timesHaveHoursWhereThereAreAny() {
        assertEquals("0:07", Spacing.clock(7.4));
        assertEquals("1:05", Spacing.clock(65));
        assertEquals("2:46:30", Spacing.clock(9990));
    }
}
