package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Segment;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.quality.NearDuplicates;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SiteTest {

    private final World world = World.of(5, 80);
    private final Truth truth = new Truth(world);

    @Test
    void everySectionBecomesASegmentUnderThePapersRules() {
        SegmentFunnel funnel = new SegmentFunnel();
        List<Segment> segments = segments(funnel, 1);
        assertEquals(80 * Site.SECTIONS, segments.size());
        assertEquals(80, funnel.dropped().get(SegmentFunnel.Reason.NAVIGATION_HEADER)); // See also
        assertEquals(80, funnel.dropped().get(SegmentFunnel.Reason.TOO_SHORT)); // the introduction
        assertEquals(segments, segments(new SegmentFunnel(), 1));
    }

    @Test
    void segmentsKeepTheTextsOfTheirAuthor() {
        Map<Flaw, Integer> found = new EnumMap<>(Flaw.class);
        for (Segment segment : segments(new SegmentFunnel(), 2)) {
            Truth.Subject subject = truth.subject(segment.text()).orElse(null);
            String asked =
                    new Author(world, 1).question(segment.title(), subject == null ? Topic.CRAFT : subject.topic());
            found.merge(truth.flaw(asked, segment.text()), 1, Integer::sum);
        }
        assertEquals(List.of(Flaw.NONE, Flaw.OFF_TOPIC, Flaw.PADDED, Flaw.TRUNCATED), List.copyOf(found.keySet()));
        assertEquals(0.55, found.get(Flaw.NONE) / 320.0, 0.1);
    }

    @Test
    void fewSegmentsAreNearDuplicates() {
        NearDuplicates known = NearDuplicates.standard();
        long kept = segments(new SegmentFunnel(), 3).stream()
                .filter(segment -> known.add(segment.text()))
                .count();
        assertTrue(kept > 0.95 * 320, kept + " of 320 kept");
    }

    private List<Segment> segments(SegmentFunnel funnel, long seed) {
        return Segmenter.paper().segments(new Site(world, seed).pages(), funnel).toList();
    }
}
