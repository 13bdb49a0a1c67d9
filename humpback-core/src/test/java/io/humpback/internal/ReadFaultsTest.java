package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class ReadFaultsTest {

    @Test
    void theKindIsNamedWhereTheMessageAloneSaysLittle() {
        assertEquals("disk full", ReadFaults.reason(new IOException("disk full")));
        assertEquals("ends early", ReadFaults.reason(new EOFException("ends early")));
        assertEquals("NoSuchFileException: a", ReadFaults.reason(new NoSuchFileException("a")));
        assertEquals("EOFException", ReadFaults.reason(new EOFException()));
    }

    @Test
    void aFaultOfClosingIsOfNoConsequence() {
        ReadFaults.closeQuietly(null);
        ReadFaults.closeQuietly(() -> {
            throw new IOException("closing");
        });
    }
}
