package io.humpback.run.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.humpback.data.Candidate;
import io.humpback.data.Segment;
import io.humpback.model.Sampling;
import io.humpback.quality.Drop;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Picks.Choice;
import io.humpback.run.store.Verdicts.Judgement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Candidates on their way through the tables: written, filtered, judged, kept. */
class CandidatesTest {

    private static final Drop DROP = new Drop(Drop.Reason.NOT_HELPED, "IFD 1.2");

    @TempDir
    private Path folder;

    private RunStore store;
    private final Candidate.Provenance writer =
            new Candidate.Provenance("model", "prompt", Sampling.nucleus(0.9).seed(-7));

    @BeforeEach
    void fourCandidatesAndADroppedAttempt() throws IOException {
        store = RunStore.open(folder, FaultHook.NONE);
        long number = store.candidates.insertWriter(writer, "adapter");
        for (int n = 0; n < 5; n++) {
            store.segments.insert(n, segment(n));
            if (n == 2) {
                store.candidates.insertDropped(n, number, "out", new Drop(Drop.Reason.EMPTY, "no text"));
            } else {
                store.candidates.insert(n, number, "out", candidate(n));
            }
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Segment segment(int n) {
        return Segment.of("source", "title", "header", n, "text " + n);
    }

    private Candidate candidate(int n) {
        return new Candidate(segment(n), "instruction " + n, writer);
    }

    private static List<Long> numbers(Stream<Stored> rows) {
        try (rows) {
            return rows.map(Stored::n).toList();
        }
    }

    @Test
    void aCandidateIsReadAsItWasWritten() {
        Stored stored = store.candidates.get(3);
        assertEquals(new Stored(3, Candidates.id(candidate(3)), candidate(3), "adapter"), stored);
        assertEquals(List.of(0L, 1L, 3L, 4L), numbers(store.candidates.all()));
        assertEquals(List.of(3L), numbers(store.candidates.after(1, 1).stream()));
        assertEquals(5, store.candidates.attempts());
        assertEquals(Map.of("empty", 1L), store.candidates.dropCounts());
    }

    @Test
    void whatTheFilterDropsIsNoCandidateAnyMore() {
        store.difficulties.insert(0, -1.0, -2.0, null);
        store.difficulties.insert(1, -2.0, -1.0, DROP);
        assertEquals(List.of(0L, 3L, 4L), numbers(store.candidates.all()));
        assertEquals(2, store.candidates.countAfter(store.difficulties.last()));
        try (Stream<Candidates.Dropped> dropped = store.candidates.dropped()) {
            assertEquals(
                    List.of(DROP, new Drop(Drop.Reason.EMPTY, "no text")),
                    dropped.map(Candidates.Dropped::drop).toList());
        }
        store.difficulties.clear();
        assertEquals(4, store.candidates.count());
    }

    @Test
    void aVerdictIsReadAsItWasWritten() {
        store.verdicts.insertJudge(1, "model", "adapter", "rubric");
        double[] p = {0.1, 0.2, 0.3, 0.2, 0.2};
        store.verdicts.insert(1, new Judgement(0, 3.2, p, 0.01, 0.5, null));
        store.verdicts.insert(1, new Judgement(1, -1.5, null, 0, 0, null));
        store.verdicts.insert(1, new Judgement(3, null, null, 0, 0, DROP));
        assertArrayEquals(p, store.verdicts.find(1, 0).distribution());
        assertEquals(new Judgement(1, -1.5, null, 0, 0, null), store.verdicts.find(1, 1));
        assertEquals(new Judgement(3, null, null, 0, 0, DROP), store.verdicts.find(1, 3));
        assertNull(store.verdicts.find(1, 4));
        assertEquals(3, store.verdicts.last(1));
        assertEquals(Map.of("not helped", 1L), store.verdicts.dropCounts(1));
    }

    @Test
    void ofEqualScoresTheFirstInTheCorpusAreKept() {
        store.picks.beginSelection();
        for (Choice choice : List.of(new Choice(4, 5), new Choice(3, 4), new Choice(1, 4), new Choice(0, 1))) {
            store.picks.select(choice);
        }
        store.picks.keepBest(1, 2, Double.NEGATIVE_INFINITY);
        store.picks.keepBest(2, 4, 4);
        assertEquals(List.of(1L, 4L), numbers(store.candidates.kept(1)));
        assertEquals(List.of(1L, 3L, 4L), numbers(store.candidates.kept(2)));
        assertEquals(4, store.picks.lowest(1));
        assertEquals(4, store.picks.get(1, 1));
        store.picks.passOver(3, 4, DROP);
        store.picks.keepBest(3, 1, Double.NEGATIVE_INFINITY);
        assertEquals(List.of(1L), numbers(store.candidates.kept(3)));
        assertEquals(DROP, store.picks.passedOver(3, 4));
        store.picks.clear(3);
        assertNull(store.picks.passedOver(3, 4));
        assertNull(store.picks.lowest(3));
    }
}
