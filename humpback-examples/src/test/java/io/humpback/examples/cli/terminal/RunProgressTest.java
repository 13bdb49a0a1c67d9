package io.humpback.examples.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Listener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RunProgressTest {

    private final StringWriter told = new StringWriter();

    private RunProgress progress(boolean watched) {
        return new RunProgress(new Terminal(new PrintWriter(told), new PrintWriter(told), watched));
    }

    private List<String> lines() {
        return told.toString().lines().toList();
    }

    @Test
    void aBatchOnItsWayTellsOfAllThatThereIsToDo() throws InterruptedException {
        RunProgress progress = progress(true);
        progress.began("augment");
        progress.counted("augment", 100, 500);
        Thread.sleep(1100);
        progress.progressed(new Listener.Progress(Listener.Task.COMPLETE, 0, 700, 0, 0, 2));
        Thread.sleep(1100);
        progress.progressed(new Listener.Progress(Listener.Task.COMPLETE, 40, 6000, 0, 400, 4));
        assertEquals("augment: 100 of 500, 350 tokens/s", lines().get(1));
        assertTrue(lines().get(2).matches("augment: 140 of 500, 0:[12]\\d left, 1600 tokens/s"), lines()::toString);
    }

    @Test
    void whereTheNumberIsUnknownNoneIsShown() throws InterruptedException {
        RunProgress progress = progress(true);
        progress.began("segments");
        Thread.sleep(1100);
        progress.advanced("segments", 182, OptionalLong.empty(), Double.NaN);
        assertEquals(List.of("segments ...", "segments: 182"), lines());
    }

    @Test
    void whereNobodyWatchesLinesAreFew() throws InterruptedException {
        RunProgress progress = progress(false);
        progress.began("score-1");
        progress.counted("score-1", 0, 5);
        Thread.sleep(1100);
        progress.advanced("score-1", 5, OptionalLong.of(5), 0);
        assertEquals(List.of("score-1 ..."), lines());
    }
}
