package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class WorkTest {

    @Test
    void theFirstRowIsWorkToo() {
        Work work = new Work(Job.WRITE, List.of(new AskedPrompt("a b", 2), new AskedPrompt("c", 1)), 32);
        assertEquals(2, work.rows());
        assertEquals(3, work.promptTokens());
        assertEquals(new Work(Job.WRITE, List.of(new AskedPrompt("a b", 2)), 32), work.first());
    }
}
