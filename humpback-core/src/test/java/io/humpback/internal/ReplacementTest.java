package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    private static final String FIRST = ".a.jsonl.00000000-0000-0000-0000-000000000001.part";
    private static final String SECOND = ".a.rejected.jsonl.00000000-0000-0000-0000-000000000002.part";
    private static final String THIRD = ".a.d.00000000-0000-0000-0000-000000000003.part";

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
        file("a.jsonl", "old");
        file("a.rejected.jsonl", "old");
        file("a.c", "old");
        Replacement replacement = new Replacement(folder.resolve("a.jsonl"));
        replacement.appear(file(FIRST, "new"), folder.resolve("a.jsonl"));
        replacement.appear(file(SECOND, "new"), folder.resolve("a.rejected.jsonl"));
        replacement.disappear(folder.resolve("a.c"));
        replacement.disappear(folder.resolve("a.none"));
        return replacement;
    }

    private static final Map<String, String> NEW = Map.of("a.jsonl", "new", "a.rejected.jsonl", "new");

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
            Files.move(folder.resolve(FIRST), folder.resolve("a.jsonl"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (done > 1) {
            Files.move(folder.resolve(SECOND), folder.resolve("a.rejected.jsonl"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (done > 2) {
            Files.delete(folder.resolve("a.c"));
        }
        Replacement.complete(folder.resolve("a.jsonl"));
        assertEquals(NEW, files());
    }

    @Test
    void whoIsSlowDoesNotUndoWhatCameLater() throws IOException {
        replacement().begin();
        Replacement slow = Replacement.left(folder.resolve("a.jsonl")).orElseThrow();
        Replacement.complete(folder.resolve("a.jsonl"));
        file("a.c", "newer");
        slow.end();
        assertEquals("newer", files().get("a.c"));

        Replacement next = new Replacement(folder.resolve("a.jsonl"));
        next.appear(file(FIRST, "next"), folder.resolve("a.jsonl"));
        next.disappear(folder.resolve("a.c"));
        next.begin();
        slow.end();
        assertEquals("newer", files().get("a.c"));
        assertTrue(files().containsKey(".a.jsonl.commit"), "the newer journal stays");
        next.end();
        assertEquals(Map.of("a.jsonl", "next", "a.rejected.jsonl", "new"), files());
    }

    @Test
    void whatCannotBeginLeavesAllAsItWas() throws IOException {
        Replacement replacement = replacement();
        replacement.appear(file(THIRD, "new"), Files.createDirectory(folder.resolve("a.d")));
        assertThrows(IOException.class, replacement::commit);
        assertEquals(Map.of("a.jsonl", "old", "a.rejected.jsonl", "old", "a.c", "old"), files());
    }

    @Test
    void aLinkIsNoJournal() throws IOException {
        replacement().begin();
        Path journal = Files.move(folder.resolve(".a.jsonl.commit"), folder.resolve("planted"));
        Files.createSymbolicLink(folder.resolve(".a.jsonl.commit"), journal);
        Replacement.complete(folder.resolve("a.jsonl"));
        assertEquals("old", Files.readString(folder.resolve("a.jsonl")));
        assertFalse(files().isEmpty());
    }

    /** Whoever makes a data set may put a journal into it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"../victim\": null}",
                "{\"b.jsonl\": null}",
                "{\"a.jsonl\": \"b.jsonl\"}",
                "{\"a.jsonl\": \"../victim\"}",
                "{\"out/victim\": null}",
                "{\"a.jsonl\": 5}",
                "{\"a.jsonl\\u0000\": null}",
                "{\"a.jsonl\"",
                "[1]",
                ""
            })
    void aJournalThatSaysOtherThingsIsRefusedByName(String planted) throws IOException {
        Path data = Files.createDirectory(folder.resolve("data"));
        file("victim", "kept");
        file("data/a.jsonl", "kept");
        file("data/b.jsonl", "kept");
        Files.createSymbolicLink(data.resolve("out"), folder);
        file("data/.a.jsonl.commit", planted);
        Map<String, String> before = files();
        String message = assertThrows(IOException.class, () -> Replacement.complete(data.resolve("a.jsonl")))
                .getMessage();
        assertEquals(
                data.resolve(".a.jsonl.commit")
                        + ": found something else than the journal of a.jsonl, which names files of"
                        + " its own alone; delete it",
                message);
        assertEquals(before, files());
    }

    @Test
    void aJournalOfFilesThatAreGoneIsNamed() throws IOException {
        file(".a.jsonl.commit", "{\"a.jsonl\": \"" + FIRST + "\"}");
        String message = assertThrows(IOException.class, () -> Replacement.complete(folder.resolve("a.jsonl")))
                .getMessage();
        assertEquals(
                folder.resolve(".a.jsonl.commit") + ": names " + folder.resolve(FIRST)
                        + ", which is not there; delete the journal",
                message);
    }
}
