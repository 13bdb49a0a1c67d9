package io.humpback.examples.label;

/** What a person can say of a pair: one scale a file, since 1 is good on the first and poor on the second. */
enum Scale {
    /** 0 for bad, 1 for good. */
    GOOD_BAD(0, 1, 1),
    /** From 1, poor, to 5, excellent; good from 4 on. */
    RATING(1, 5, 4);

    private final int least;
    private final int most;
    private final int good;

    Scale(int least, int most, int good) {
        this.least = least;
        this.most = most;
        this.good = good;
    }

    boolean has(int label) {
        return label >= least && label <= most;
    }

    boolean isGood(double label) {
        return label >= good;
    }

    /** {@return the field of a row that holds the label} */
    String field() {
        return this == RATING ? "rating" : "label";
    }
}
