package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplacementTest {

    @TempDir
    private Path folder;

    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    private Path file(String name, String text) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        return Files.writeString(folder.resolve(name), text);
    }

    private Replacement replacement() throws IOException {
        file("a", "old");
        file("below/b", "old");
        file("c", "old");
        Replacement replacement = new Replacement(folder.resolve("a"));
        replacement.appear(file(".1.part", "new"), folder.resolve("a"));
        replacement.appear(file("below/.2.part", "new"), folder.resolve("below/b"));
        replacement.disappear(folder.resolve("c"));
        replacement.disappear(folder.resolve("none"));
        return replacement;
    }

    private static final Map<String, String> NEW = Map.of("a", "new", "below/b", "new");

    @Test
    void allHappens() throws IOException {
        replacement().commit();
        assertEquals(NEW, files());
    }

    /** The process dies after the journal and so many of the changes. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void whatWasBegunIsCompleted(int done) throws IOException {
        replacement().begin();
        if (done > 0) {
            Files.move(folder.resolve(".1.part"), folder.resolve("a"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (done > 1) {
            Files.move(folder.resolve("below/.2.part"), folder.resolve("below/b"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (done > 2) {
            Files.delete(folder.resolve("c"));
        }
        Replacement.complete(folder.resolve("a"));
        assertEquals(NEW, files());
    }

    @Test
    void whatCannotBeginLeavesAllAsItWas() throws IOException {
        Replacement replacement = replacement();
        replacement.appear(file(".3.part", "new"), Files.createDirectory(folder.resolve("d")));
        assertThrows(IOException.class, replacement::commit);
        assertEquals(Map.of("a", "old", "below/b", "old", "c", "old"), files());
    }

    @Test
    void aLinkIsNoJournal() throws IOException {
        replacement().begin();
        Path journal = Files.move(folder.resolve(".a.commit"), folder.resolve("planted"));
        Files.createSymbolicLink(folder.resolve(".a.commit"), journal);
        Replacement.complete(folder.resolve("a"));
        assertEquals("old", Files.readString(folder.resolve("a")));
        assertFalse(files().isEmpty());
    }
}
