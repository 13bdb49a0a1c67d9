package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.run.RunStoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class FailureTest {

    @Test
    void filesAreNamedWithWhatIsWrong() {
        assertEquals("a: no such file or folder", Failure.line(new NoSuchFileException("a")));
        assertEquals("a: access denied", Failure.line(new AccessDeniedException("a")));
        assertEquals(
                "a: No space left on device",
                Failure.line(new FileSystemException("a", null, "No space left on device")));
        assertEquals("disk full", Failure.line(new UncheckedIOException(new IOException("disk full"))));
    }

    @Test
    void whatIsNotTheLibrarysOwnIsNamedByItsKind() {
        assertEquals("IllegalStateException: closed", Failure.line(new IllegalStateException("closed")));
        assertEquals("NullPointerException", Failure.line(new NullPointerException()));
    }

    @Test
    void linesAreOneLine() {
        assertEquals("a b?c", Failure.line(new IOException("a\n  b\u001bc\n")));
    }

    @Test
    void anInterruptionIsNoFailure() {
        assertTrue(Failure.isStop(new UncheckedIOException(new ClosedByInterruptException())));
        assertFalse(Failure.isStop(new IOException("closed")));
        assertFalse(Failure.isStop(new ClosedChannelException()));
        Thread.currentThread().interrupt();
        try {
            assertTrue(Failure.isStop(new UncheckedIOException(new ClosedChannelException())));
        } finally {
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aStopTellsWhereItGoesOn() {
        assertEquals(
                "stopped: train-M_0 was interrupted; started again, the run goes on there",
                Failure.stop(new RunStoppedException("train-M_0", new CancellationException())));
        assertEquals("stopped", Failure.stop(new CancellationException("interrupted")));
    }
}
