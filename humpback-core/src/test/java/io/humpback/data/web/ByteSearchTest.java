package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ByteSearchTest {

    private static final byte[] WANTED = "\nWARC".getBytes(StandardCharsets.US_ASCII);

    @Property(tries = 200)
    void everyOccurrenceIsFoundWhereItIs(
            @ForAll @IntRange(max = 200_000) int size,
            @ForAll List<@IntRange(max = 200_000) Integer> places,
            @ForAll @IntRange(max = 1000) int offset)
            throws IOException {
        byte[] bytes = new byte[size];
        for (int place : places) {
            for (int i = 0; i < WANTED.length && place + i < size; i++) {
                bytes[place + i] = WANTED[i];
            }
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        List<Long> expected = new ArrayList<>();
        for (int at = text.indexOf("\nWARC"); at >= 0; at = text.indexOf("\nWARC", at + 1)) {
            expected.add((long) offset + at);
        }
        List<Long> found = new ArrayList<>();
        try (ByteSearch search = new ByteSearch(new ByteArrayInputStream(bytes), offset, WANTED)) {
            for (long at = search.next(); at >= 0; at = search.next()) {
                found.add(at);
                int from = (int) at - offset;
                assertArrayEquals(Arrays.copyOfRange(bytes, from, Math.min(size, from + 16)), search.found(16));
            }
        }
        assertEquals(expected, found);
    }

    @Test
    void occurrencesAtTheBordersOfBlocksAreFound() throws IOException {
        for (int place = (1 << 16) - 80; place < (1 << 16) + 80; place++) {
            byte[] bytes = new byte[1 << 17];
            System.arraycopy(WANTED, 0, bytes, place, WANTED.length);
            try (ByteSearch search = new ByteSearch(new ByteArrayInputStream(bytes), 0, WANTED)) {
                assertEquals(place, search.next());
                assertEquals(16, search.found(16).length);
                assertEquals(-1, search.next());
            }
        }
    }
}
