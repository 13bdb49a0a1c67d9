package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FileNamesTest {

    @Test
    void caseAndPackingDoNotMatter() {
        assertEquals("rows.jsonl", FileNames.unpacked(Path.of("a.gz/Rows.JSONL.gz")));
        assertTrue(FileNames.isGzip(Path.of("x.GZ")));
        assertFalse(FileNames.isGzip(Path.of("a.gz/x")));
        assertEquals("", FileNames.unpacked(Path.of("/")));
    }
}
