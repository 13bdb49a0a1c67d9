package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.humpback.data.Candidate;
import io.humpback.data.Candidate.Provenance;
import io.humpback.data.Segment;
import io.humpback.model.Sampling;
import io.humpback.quality.Drop;
import java.util.Iterator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SpoolTest {

    private static Scored<Candidate> scored(String text, Score score, Drop drop) {
        Segment segment = new Segment(text, text, text, text, 3, text);
        Sampling sampling = Sampling.nucleus(.9).seed(Long.MIN_VALUE).stopStrings("x" + text);
        return new Scored<>(new Candidate(segment, text, new Provenance(text, text, sampling)), score, drop);
    }

    // jqwik's texts hold quotes, control characters and unpaired surrogates
    @Property(tries = 200)
    void whatIsReadIsWhatWasWritten(@ForAll List<String> texts) {
        Score score = Score.ofRatings(List.of(.1, .2, .3, .1, .3), 1e-300, 1 / 3.0, List.of("because\n"));
        Drop drop = new Drop(Drop.Reason.TOO_LONG, "\ud800 detail");
        List<Scored<Candidate>> rows = texts.stream()
                .flatMap(text -> List.of(scored(text, score, null), scored(text, null, drop)).stream())
                .toList();
        try (Spool spool = new Spool()) {
            spool.write(rows.iterator());
            Iterator<Scored<Candidate>> read = spool.read();
            for (Scored<Candidate> row : rows) {
                assertEquals(row, read.next());
            }
            assertFalse(read.hasNext());
        }
    }

    @Test
    void aTextOfManyMegabytesIsRead() {
        Scored<Candidate> row = scored("\u00e9".repeat(4_000_000), null, new Drop(Drop.Reason.TOO_LONG, ""));
        try (Spool spool = new Spool()) {
            spool.write(List.of(row).iterator());
            assertEquals(row, spool.read().next());
        }
    }
}
