package io.humpback.data.format;

import io.humpback.data.Rejects;
import io.humpback.internal.Counts;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what became of the rows of a file: rows are examples, rejected rows and rows passed over, for every reason.
 * Thread-safe.
 */
public final class ExampleFunnel {

    /** Why a row that could be read became no example. */
    public enum Reason {
        /** A message that asks; it comes out with the message that answers it. */
        QUESTION,
        /** A first message, or a tree, without an answer of rank 0. */
        UNANSWERED,
        /** A message after the first answer. */
        LATER_TURN,
        /** An answer of another rank than 0, or of none. */
        LOWER_RANK,
        /** A text in another language than the wanted one. */
        OTHER_LANGUAGE,
        /** A message that its author or a moderator took back. */
        DELETED;

        /** {@return the reason in words, such as {@code "lower rank"}} */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong examples = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();
    private final Counts<Reason> passedOver = new Counts<>(Reason.class);

    /** A funnel in which nothing is counted yet. */
    public ExampleFunnel() {}

    void countRow() {
        rows.incrementAndGet();
    }

    void countExample() {
        examples.incrementAndGet();
    }

    void countRejected() {
        rejected.incrementAndGet();
    }

    void countPassedOver(Reason reason) {
        passedOver.add(reason);
    }

    /** Counts rows that are no rows at all: they are rejected before a format sees them. */
    public Rejects counting(Rejects rejects) {
        return rejection -> {
            countRow();
            countRejected();
            rejects.accept(rejection);
        };
    }

    /** Rows met; the rest of a file that cannot be read further is one. */
    public long rows() {
        return rows.get();
    }

    /** Examples made. */
    public long examples() {
        return examples.get();
    }

    /** Rows that could not be read. */
    public long rejected() {
        return rejected.get();
    }

    /** Rows passed over, by reason; every reason is there, in order. */
    public Map<Reason, Long> passedOver() {
        return passedOver.toMap();
    }

    /** One line: rows, examples, rejected rows and the reasons that occurred. */
    @Override
    public String toString() {
        return "%d rows, %d examples, %d rejected%s".formatted(rows(), examples(), rejected(), passedOver);
    }
}
