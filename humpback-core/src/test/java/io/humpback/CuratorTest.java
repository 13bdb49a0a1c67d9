package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Candidate;
import io.humpback.data.Candidate.Provenance;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.Sampling;
import io.humpback.quality.Drop.Reason;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CuratorTest {

    /** Rates a response that is a number as that number. */
    private final FakeLanguageModel model = FakeLanguageModel.create().rating(prompt -> {
        String text = FakeLanguageModel.text(prompt);
        return Double.parseDouble(text.substring(text.indexOf("<response>\n") + 11, text.indexOf("\n</response>")));
    });

    private final Scorer scorer = Scorer.using(model);

    static Candidate candidate(int index, String response) {
        return new Candidate(
                AugmenterTest.segment(response),
                "Say " + index,
                new Provenance("m", "p", Sampling.greedy().seed(index)));
    }

    private static List<Candidate> candidates(List<Double> ratings) {
        return IntStream.range(0, ratings.size())
                .mapToObj(i -> candidate(i, ratings.get(i).toString()))
                .toList();
    }

    private static List<Candidate> best(List<Candidate> candidates, long count) {
        List<Candidate> order = new ArrayList<>(candidates);
        order.sort(Comparator.comparing((Candidate c) -> Double.valueOf(c.response()))
                .reversed());
        List<Candidate> head = order.subList(0, (int) Math.min(count, order.size()));
        return candidates.stream().filter(head::contains).toList();
    }

    @Test
    void itReadsAsItsUsersWriteIt() {
        FakeLanguageModel backward =
                FakeLanguageModel.create().writing((prompt, item, sampling) -> "What is number " + item + "?");
        Augmenter augmenter = Augmenter.using(backward)
                .sampling(Sampling.nucleus(0.9).temperature(0.7).seed(7));
        Curator curator = Curator.using(scorer).keepAtLeast(4.5);
        Stream<io.humpback.data.Segment> segments =
                Stream.of("4.75", "2.0", "4.5", "4.25").map(AugmenterTest::segment);
        try (Stream<Candidate> kept = curator.curate(augmenter.augment(segments))) {
            assertEquals(
                    List.of("What is number 0?", "What is number 2?"),
                    kept.map(Candidate::instruction).toList());
        }
    }

    @Test
    void everyCandidateIsSifted() {
        List<Candidate> all =
                List.of(candidate(0, "4.5"), candidate(1, "..."), candidate(2, "2.25"), candidate(3, "5.0"));
        for (Curator curator : List.of(
                Curator.using(scorer).keepAtLeast(4.5),
                Curator.using(scorer).keepTopShare(.6),
                Curator.using(scorer).keepBudget(2))) {
            List<Scored<Candidate>> sifted = curator.sift(all.stream()).toList();
            assertEquals(all, sifted.stream().map(Scored::item).toList());
            assertEquals(
                    List.of(true, false, false, true),
                    sifted.stream().map(Scored::kept).toList());
            assertEquals(Reason.TOO_SHORT, sifted.get(1).drop().reason());
            assertEquals(
                    "score below: 2.25, kept from 4.50", sifted.get(2).drop().toString());
            assertEquals(2.25, sifted.get(2).score().value());
            assertEquals(
                    List.of(all.get(0), all.get(3)),
                    curator.curate(all.stream()).toList());
        }
    }

    @Property(tries = 100)
    void aBudgetKeepsWhatANaiveSortKeeps(
            @ForAll List<@IntRange(min = 4, max = 20) Integer> quarters,
            @ForAll @IntRange(min = 1, max = 8) int count) {
        List<Candidate> all = candidates(quarters.stream().map(q -> q / 4.0).toList());
        Curator curator = Curator.using(scorer).keepBudget(count);
        assertEquals(best(all, count), curator.curate(all.stream()).toList());
        assertEquals(
                best(all, count),
                curator.sift(all.stream())
                        .filter(Scored::kept)
                        .map(Scored::item)
                        .toList());
    }

    @Property(tries = 100)
    void aShareKeepsWhatANaiveSortKeeps(
            @ForAll List<@IntRange(min = 4, max = 20) Integer> quarters,
            @ForAll @DoubleRange(min = .01, max = 1) double share) {
        List<Candidate> all = candidates(quarters.stream().map(q -> q / 4.0).toList());
        assertEquals(
                best(all, Math.min(all.size(), Math.max(1, Math.round(share * all.size())))),
                Curator.using(scorer).keepTopShare(share).curate(all.stream()).toList());
    }

    @Test
    void aShareOfFewKeepsTheBest() {
        List<Scored<Candidate>> sifted = Curator.using(scorer)
                .keepTopShare(.2)
                .sift(Stream.of(candidate(0, "3.25"), candidate(1, "3.5")))
                .toList();
        assertEquals("score below: 3.25, kept from 3.50", sifted.get(0).drop().toString());
        assertTrue(sifted.get(1).kept());
    }

    @Test
    void aThresholdIsDecidedAsCandidatesCome() {
        AtomicBoolean closed = new AtomicBoolean();
        AtomicInteger pulled = new AtomicInteger();
        Stream<Candidate> endless = Stream.generate(
                        () -> candidate(pulled.get(), pulled.incrementAndGet() % 2 == 0 ? "5.0" : "1.0"))
                .onClose(() -> closed.set(true));
        try (Stream<Candidate> kept = Curator.using(scorer).keepAtLeast(4.5).curate(endless)) {
            assertEquals(3, kept.limit(3).count());
        }
        assertEquals(8, pulled.get());
        assertTrue(closed.get());
        assertEquals(0, model.openCalls());
    }

    @Test
    void nothingIsPulledBeforeItIsWantedAndClosingReachesTheSource() {
        for (Curator curator : List.of(
                Curator.using(scorer).keepAtLeast(4.5),
                Curator.using(scorer).keepTopShare(.5),
                Curator.using(scorer).keepBudget(1))) {
            List<String> events = new ArrayList<>();
            Stream<Candidate> source = Stream.of(candidate(0, "5.0"))
                    .peek(candidate -> events.add("pulled"))
                    .onClose(() -> events.add("closed"));
            curator.curate(source).close();
            assertEquals(List.of("closed"), events);
        }
    }

    @Test
    void aFailureOfTheSourceLeavesNoFile() throws IOException {
        long before = spoolFiles();
        Stream<Candidate> failing = Stream.of("5.0", "not a number").map(text -> candidate(0, text));
        try (Stream<Scored<Candidate>> sifted =
                Curator.using(scorer).keepTopShare(.5).sift(failing)) {
            assertThrows(NumberFormatException.class, sifted::toList);
        }
        try (Stream<Scored<Candidate>> sifted =
                Curator.using(scorer).keepTopShare(.5).sift(Stream.of(candidate(0, "5.0"), candidate(1, "4.0")))) {
            assertTrue(sifted.iterator().hasNext());
            assertEquals(before + 1, spoolFiles());
        }
        assertEquals(before, spoolFiles());
    }

    private static long spoolFiles() throws IOException {
        try (Stream<Path> files = Files.list(TemporaryFiles.folder())) {
            return files.filter(file -> file.toString().endsWith(".jsonl")).count();
        }
    }

    @Test
    void stepsLeaveTheCuratorAsItWas() {
        Curator curator = Curator.using(scorer).keepAtLeast(4.5);
        curator.keepAtLeast(1);
        curator.keepBudget(5);
        assertEquals(0, curator.curate(Stream.of(candidate(0, "4.25"))).count());
    }

    @Test
    void wrongSettingsFailWhereTheyAreMade() {
        Curator curator = Curator.using(scorer);
        assertEquals("keepAtLeast = 7.0: expected a score in [1.0, 5.0]", message(() -> curator.keepAtLeast(7)));
        assertEquals("keepTopShare = 0.0: expected a share in (0, 1]", message(() -> curator.keepTopShare(0)));
        assertEquals("keepTopShare = 1.5: expected a share in (0, 1]", message(() -> curator.keepTopShare(1.5)));
        assertEquals("keepBudget = -1: expected at least 1", message(() -> curator.keepBudget(-1)));
    }

    private static String message(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }
}
