package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LookAheadTest {

    private static final class Countdown extends LookAhead<Integer> {
        int left;

        Countdown(int from) {
            left = from;
        }

        @Override
        protected @Nullable Integer advance() {
            assertTrue(left >= 0, "asked again after the end");
            return left-- == 0 ? null : left + 1;
        }
    }

    @Test
    void eachItemIsGivenOnceHoweverOftenItIsAskedFor() {
        Countdown items = new Countdown(2);
        assertTrue(items.hasNext() && items.hasNext());
        assertEquals(2, items.next());
        assertEquals(1, items.next());
        assertFalse(items.hasNext() || items.hasNext());
        assertThrows(NoSuchElementException.class, items::next);
    }

    @Test
    void oneItemAtATimeIsRead() {
        Countdown items = new Countdown(5);
        items.next();
        assertEquals(4, items.left);
    }

    @Test
    void aStreamClosesItsSource() {
        AtomicBoolean closed = new AtomicBoolean();
        try (Stream<Integer> stream = new Countdown(3).stream(() -> closed.set(true))) {
            assertEquals(List.of(3, 2, 1), stream.toList());
        }
        assertTrue(closed.get());
    }
}
