package io.humpback.internal.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.data.Rejects;
import io.humpback.data.file.RowSource;
import io.humpback.data.web.Page;
import io.humpback.data.web.WebPages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputBytesTest {

    @TempDir
    private Path folder;

    @Test
    void whatIsReadOfAFileOfRowsIsCountedAsItLiesOnDisk() throws IOException {
        Path file = folder.resolve("rows.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("a,b\n1,2\n".getBytes(StandardCharsets.UTF_8));
            out.write("3,4\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        }
        long before = InputBytes.read();
        try (Stream<?> rows = RowSource.of(file).read(Rejects.refuse())) {
            assertEquals(1001, rows.count());
        }
        assertEquals(Files.size(file), InputBytes.read() - before);
        assertEquals(Files.size(file), InputBytes.size(file));
    }

    @Test
    void whatIsReadOfAFolderOfPagesIsCounted() throws IOException {
        Path pages = Files.createDirectories(folder.resolve("pages/more")).getParent();
        Files.writeString(pages.resolve("a.html"), "<h1>A</h1>");
        Files.writeString(pages.resolve("more/b.html"), "<h1>B</h1><p>b</p>");
        long before = InputBytes.read();
        try (Stream<Page> read = WebPages.with(Rejects.refuse()).read(pages)) {
            assertEquals(2, read.count());
        }
        assertEquals(28, InputBytes.read() - before);
        assertEquals(28, InputBytes.size(pages));
        assertEquals(0, InputBytes.size(pages.resolve("none")));
    }
}
