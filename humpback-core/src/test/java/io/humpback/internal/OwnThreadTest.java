package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class OwnThreadTest {

    @Test
    void theWorkDoesNotMeetTheInterruptThatTheCallerKeeps() throws ExecutionException {
        Thread.currentThread().interrupt();
        try {
            assertFalse(OwnThread.call("own", 0, () -> Thread.currentThread().isInterrupted()));
        } finally {
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aFaultIsTheCause() {
        IllegalStateException fault = new IllegalStateException("no");
        ExecutionException thrown = assertThrows(
                ExecutionException.class,
                () -> OwnThread.call("own", 0, () -> {
                    throw fault;
                }));
        assertSame(fault, thrown.getCause());
    }

    @Test
    void theThreadHasItsNameAndStack() throws ExecutionException {
        assertEquals("own", OwnThread.call("own", 1 << 20, () -> Thread.currentThread()
                .getName()));
    }
}
