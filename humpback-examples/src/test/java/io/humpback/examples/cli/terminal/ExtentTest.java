package io.humpback.examples.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtentTest {

    @Test
    void aNumberOfRowsStays() {
        assertEquals(7, Extent.of(7).total(3));
        assertEquals(-1, Extent.unknown().total(3));
    }

    @Test
    void theShareOfTheBytesThatIsReadTellsHowManyRowsThereAre() {
        assertEquals(400, Extent.expected(100, 250, 1000));
        assertEquals(-1, Extent.expected(0, 250, 1000)); // before the first row
        assertEquals(-1, Extent.expected(1, 9, 1000)); // of too little
        assertEquals(101, Extent.expected(101, 1000, 1000));
        assertEquals(101, Extent.expected(101, 2000, 1000)); // read twice
    }

    @Test
    void aSmallFileIsReadAheadAndTellsNothing(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("a.csv"), "a\n1\n");
        assertEquals(-1, Extent.of(List.of(file)).total(1));
    }
}
