package io.humpback.examples.cli.resume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class JournalTest {

    private static final int PORTIONS = 4;
    private static final int PORTION = 3;

    private static Path folder;
    private static byte[] whole;

    @BeforeContainer
    static void write() throws IOException {
        folder = Files.createTempDirectory("journal");
        Path file = folder.resolve("whole");
        try (Journal journal = Journal.open(file, () -> {})) {
            for (int row = 0; row < PORTIONS * PORTION; row++) {
                journal.append(outcome(row));
                if (row % PORTION == PORTION - 1) {
                    journal.mark(row + 1);
                }
            }
        }
        whole = Files.readAllBytes(file);
    }

    @AfterContainer
    static void delete() throws IOException {
        for (Path file : Files.list(folder).toList()) {
            Files.delete(file);
        }
        Files.delete(folder);
    }

    private static Outcome outcome(int row) {
        ObjectNode fields = new ObjectMapper().createObjectNode();
        fields.put("row", row)
                .put("text", "\u00e4\n\ud83d \ud83d\ude00")
                .put("exact", new BigDecimal("1.500e-7"))
                .put("double", 0.1 + 0.2);
        return new Outcome(row % 2 == 0 ? Outcome.WRITTEN : "too long", fields);
    }

    private static List<String> outcomes(Journal journal) throws IOException {
        List<String> outcomes = new ArrayList<>();
        journal.replay(outcome -> outcomes.add(outcome.what() + outcome.row()));
        return outcomes;
    }

    private static List<String> first(int rows) {
        List<String> outcomes = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            outcomes.add(outcome(row).what() + outcome(row).row());
        }
        return outcomes;
    }

    @Property(tries = 300)
    void whereverItIsCutItHoldsWholePortionsAndTakesTheRest(@ForAll @IntRange(max = 5000) int cut) throws IOException {
        Path file = folder.resolve("cut");
        Files.write(file, Arrays.copyOf(whole, Math.min(cut, whole.length)));
        goesOn(file, cut >= whole.length ? PORTIONS * PORTION : -1);
    }

    @Property(tries = 300)
    void whereverAByteIsDamagedItHoldsThePortionsBefore(
            @ForAll @IntRange(max = 5000) int place, @ForAll @IntRange(min = 1, max = 255) int change)
            throws IOException {
        byte[] damaged = whole.clone();
        damaged[place % damaged.length] ^= (byte) change;
        Path file = folder.resolve("damaged");
        Files.write(file, damaged);
        goesOn(file, -1);
    }

    @Example
    void whereAMarkIsDamagedItHoldsThePortionsBefore() throws IOException {
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        Path file = folder.resolve("mark");
        int mark = -1;
        for (int portion = 0; portion < PORTIONS; portion++) {
            mark = text.indexOf("{\"done\":", mark + 1);
            for (int place = mark; place < text.indexOf('\n', mark); place++) {
                byte[] damaged = whole.clone();
                damaged[place] ^= 1; // another digit where there was one
                Files.write(file, damaged);
                goesOn(file, portion * PORTION);
            }
        }
    }

    private static void goesOn(Path file, int expected) throws IOException {
        try (Journal journal = Journal.open(file, () -> {})) {
            int rows = (int) journal.rows();
            assertTrue(rows % PORTION == 0 && (expected < 0 || rows == expected), () -> "rows " + rows);
            for (int row = rows; row < PORTIONS * PORTION; row++) {
                journal.append(outcome(row));
            }
            journal.mark(PORTIONS * PORTION);
        }
        try (Journal journal = Journal.open(file, () -> {})) {
            assertEquals(PORTIONS * PORTION, journal.rows());
            assertEquals(first(PORTIONS * PORTION), outcomes(journal));
        }
    }
}
