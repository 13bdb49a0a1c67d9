package io.humpback.run.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.data.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunStoreTest {

    @TempDir
    private Path folder;

    private static Segment segment(int n) {
        return Segment.of("source", "", "header", n, "text " + n + " " + "x".repeat(2000));
    }

    private RunStore open() throws IOException {
        return RunStore.open(folder, FaultHook.NONE);
    }

    @Test
    void aFullDiskIsNamedAndWhatIsCommittedStays() throws IOException {
        try (RunStore store = open()) {
            store.transaction("first", () -> store.segments.insert(0, segment(0)));
            store.limitPages(100);
            String message = assertThrows(
                            DataException.class,
                            () -> store.transaction("more", () -> {
                                for (int n = 1; n < 1000; n++) {
                                    store.segments.insert(n, segment(n));
                                }
                            }))
                    .getMessage();
            assertTrue(message.contains("run.db: no room left on the disk"), message);
            assertEquals(1, store.segments.count());
        }
        try (RunStore store = open()) {
            store.transaction("more", () -> store.segments.insert(1, segment(1)));
            assertEquals(2, store.segments.count());
            assertEquals(List.of(), store.faults());
        }
    }

    @Test
    void aFileOfAnotherKindIsRefused() throws IOException {
        Files.writeString(folder.resolve(RunStore.FILE), "not a database at all, but longer than a header ".repeat(50));
        assertTrue(assertThrows(DataException.class, this::open).getMessage().contains("no SQLite file"));
        Files.delete(folder.resolve(RunStore.FILE));
        try (Database other = Database.open(folder.resolve(RunStore.FILE))) {
            other.update("CREATE TABLE t (a)");
        }
        assertTrue(assertThrows(DataException.class, this::open).getMessage().contains("something else"));
    }

    @Test
    void anotherVersionIsRefusedWithBoth() throws IOException {
        open().close();
        try (Database database = Database.open(folder.resolve(RunStore.FILE))) {
            database.update("PRAGMA user_version = 99");
        }
        String message = assertThrows(DataException.class, this::open).getMessage();
        assertTrue(message.contains("schema version 99, expected " + Schema.VERSION), message);
    }

    @Test
    void aFolderThatIsAFileIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        String message = assertThrows(DataException.class, () -> RunStore.open(file, FaultHook.NONE))
                .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
    }

    @Test
    void brokenReferencesAreFound() throws IOException {
        open().close();
        try (Database database = Database.open(folder.resolve(RunStore.FILE))) {
            database.update("PRAGMA foreign_keys = OFF");
            database.update("INSERT INTO attempt VALUES (7, 1, 'out', 'id', 'instruction', NULL, NULL)");
        }
        try (RunStore store = RunStore.openToRead(folder)) {
            assertTrue(store.faults().toString().contains("attempt row 7: no such"), store.faults()::toString);
        }
    }

    @Test
    void workThatFailsIsUndone() throws IOException {
        try (RunStore store = open()) {
            assertThrows(
                    IllegalStateException.class,
                    () -> store.transaction("work", () -> {
                        store.segments.insert(0, segment(0));
                        throw new IllegalStateException();
                    }));
            assertEquals(0, store.segments.count());
        }
    }
}
