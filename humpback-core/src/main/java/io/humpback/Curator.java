package io.humpback;

import io.humpback.data.Candidate;
import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Self-curation: keeps the candidates that a judge rates best (paper, section 2.3). Immutable and safe for use from many
 * threads. Candidates come out in the order they came in.
 *
 * <p>With a threshold each candidate is decided as it comes. A share or a budget is decided when all are scored: until
 * then they lie in a temporary file, and one number each is held in memory.
 */
public final class Curator {

    private final Judge judge;
    private final Keep keep;

    private Curator(Judge judge, Keep keep) {
        this.judge = judge;
        this.keep = keep;
    }

    /** {@return a curator that keeps the best fifth; see {@link Keep#standard()}} */
    public static Curator using(Judge judge) {
        return new Curator(Objects.requireNonNull(judge, "judge"), Keep.standard());
    }

    /** {@return a copy that keeps scores of at least a threshold, one that the judge can give} */
    public Curator keepAtLeast(double score) {
        return keep(new Keep.AtLeast(score));
    }

    /** {@return a copy that keeps the best share, in (0, 1], of all that are scored} */
    public Curator keepTopShare(double share) {
        return keep(new Keep.TopShare(share));
    }

    /** {@return a copy that keeps a number of the best, at least 1} */
    public Curator keepBudget(int count) {
        return keep(new Keep.Budget(count));
    }

    /**
     * {@return a copy with another rule for which candidates are kept}
     *
     * @throws IllegalArgumentException if it is a threshold that none of the judge's scores can be
     */
    public Curator keep(Keep rule) {
        rule.requireWithin(judge.least(), judge.most());
        return new Curator(judge, Objects.requireNonNull(rule, "keep"));
    }

    /**
     * {@return the candidates that are kept, in order} Lazy; closing it closes the source. {@link #sift} also gives the
     * scores, and the candidates that are not kept.
     */
    public Stream<Candidate> curate(Stream<Candidate> candidates) {
        return sift(candidates).filter(Scored::kept).map(Scored::item);
    }

    /**
     * {@return all candidates in order; one that is not kept has a {@link Scored#drop}} Lazy; closing it closes the
     * source. For a share or a budget all scored candidates are written to a temporary file until the last one is
     * scored; the file is deleted when the stream has been read to its end or is closed.
     */
    public Stream<Scored<Candidate>> sift(Stream<Candidate> candidates) {
        Stream<Scored<Candidate>> scored = judge.score(candidates, Candidate::example);
        if (keep.isThreshold()) {
            Keep.Cut cut = keep.cut(new double[0]);
            return scored.map(candidate -> decide(candidate, cut, 0));
        }
        Spool spool = new Spool();
        return later(() -> decideAll(scored, spool)).onClose(spool::close).onClose(scored::close);
    }

    /** A stream whose work begins with the first item that is asked for. */
    private static <T> Stream<T> later(Supplier<Iterator<T>> items) {
        return StreamSupport.stream(
                () -> Spliterators.spliteratorUnknownSize(items.get(), Spliterator.ORDERED),
                Spliterator.ORDERED,
                false);
    }

    private Iterator<Scored<Candidate>> decideAll(Stream<Scored<Candidate>> scored, Spool spool) {
        DoubleStream.Builder scores = DoubleStream.builder();
        try {
            spool.write(scored.peek(candidate -> {
                        if (candidate.score() != null) {
                            scores.add(candidate.score().value());
                        }
                    })
                    .iterator());
            Keep.Cut cut = keep.cut(scores.build().toArray());
            Iterator<Scored<Candidate>> rows = spool.read();
            return new Iterator<>() {
                private long index; // among those with a score

                @Override
                public boolean hasNext() {
                    boolean more = rows.hasNext();
                    if (!more) {
                        spool.close();
                    }
                    return more;
                }

                @Override
                public Scored<Candidate> next() {
                    Scored<Candidate> row = rows.next();
                    return decide(row, cut, row.score() == null ? index : index++);
                }
            };
        } catch (RuntimeException | Error e) {
            spool.close();
            throw e;
        }
    }

    private static Scored<Candidate> decide(Scored<Candidate> scored, Keep.Cut cut, long index) {
        Score score = scored.score();
        return score == null
                ? scored
                : cut.drop(score.value(), index)
                        .map(drop -> new Scored<>(scored.item(), score, drop))
                        .orElse(scored);
    }
}
