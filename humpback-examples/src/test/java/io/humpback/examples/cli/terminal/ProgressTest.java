package io.humpback.examples.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.model.Listener;
import org.junit.jupiter.api.Test;

class ProgressTest {

    @Test
    void aLineHasTheRateAndTheTimeThatRemains() {
        assertEquals("score: 120 of 1000, 12.0/s, 1:13 left", Progress.Lines.line("score", 120, 0, 1000, 10));
        assertEquals("score: 1 of 1000, 0.1/s, 2:46:30 left", Progress.Lines.line("score", 1, 0, 1000, 10));
    }

    @Test
    void whereTheTotalIsUnknownNoTimeRemains() {
        assertEquals("segment: 120, 12.0/s", Progress.Lines.line("segment", 120, 0, -1, 10));
    }

    @Test
    void moreThanWasCountedIsNoReasonToRunBackwards() {
        assertEquals("score: 12 of 10, 1.2/s", Progress.Lines.line("score", 12, 0, 10, 10));
    }

    @Test
    void beforeTheFirstRowNothingIsKnownOfTheRest() {
        assertEquals("augment: 0 of 10 after 0:10", Progress.Lines.line("augment", 0, 0, 10, 10));
        assertEquals("augment: 4 of 10 after 0:10", Progress.Lines.line("augment", 4, 4, 10, 10));
    }

    @Test
    void whatWasDoneBeforeSaysNothingAboutTheRate() {
        assertEquals("score: 600 of 1000, 10.0/s, 0:40 left", Progress.Lines.line("score", 600, 500, 1000, 10));
    }

    @Test
    void theSpeedOfAModelCountsTokensThatWereComputed() {
        String[] told = new String[1];
        Progress progress = new Progress() {
            @Override
            public void step() {}

            @Override
            public void speed(String tokensPerSecond) {
                told[0] = tokensPerSecond;
            }

            @Override
            public void close() {}
        };
        progress.progressed(new Listener.Progress(Listener.Task.COMPLETE, 3, 1000, 400, 100, 2));
        assertEquals("350 tokens/s", told[0]);
    }
}
