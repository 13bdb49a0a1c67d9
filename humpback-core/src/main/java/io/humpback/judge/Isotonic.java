package io.humpback.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A rising curve from a score to a probability: that which is nearest to what came, by pooling neighbours that fall (Ayer et
 * al. 1955); straight between its knots and level outside, as scikit-learn's.
 *
 * @param scores the knots, rising
 * @param probabilities at the knots, never falling
 */
record Isotonic(double[] scores, double[] probabilities) {

    /** Rows of neighbouring scores with the same probability. */
    private record Block(double first, double last, double good, int rows) {
        double rate() {
            return good / rows;
        }

        Block with(Block next) {
            return new Block(first, next.last, good + next.good, rows + next.rows);
        }
    }

    /** {@return the curve through rows} */
    static Isotonic fit(double[] scores, boolean[] good) {
        List<Block> blocks = new ArrayList<>();
        int[] order = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> scores[i]))
                .mapToInt(i -> i)
                .toArray();
        for (int row : order) {
            Block next = new Block(scores[row], scores[row], good[row] ? 1 : 0, 1);
            int last = blocks.size() - 1;
            if (last >= 0 && blocks.get(last).last == next.first) { // rows of one score are one point
                next = blocks.remove(last).with(next);
            }
            blocks.add(next);
        }
        List<Block> pooled = new ArrayList<>();
        for (Block next : blocks) {
            Block block = next;
            while (!pooled.isEmpty() && pooled.get(pooled.size() - 1).rate() >= block.rate()) {
                block = pooled.remove(pooled.size() - 1).with(block);
            }
            pooled.add(block);
        }
        return new Isotonic(
                pooled.stream()
                        .flatMap(block -> block.first == block.last
                                ? List.of(block.first).stream()
                                : List.of(block.first, block.last).stream())
                        .mapToDouble(score -> score)
                        .toArray(),
                pooled.stream()
                        .flatMap(block -> block.first == block.last
                                ? List.of(block.rate()).stream()
                                : List.of(block.rate(), block.rate()).stream())
                        .mapToDouble(rate -> rate)
                        .toArray());
    }

    /** {@return the probability of a score} */
    double at(double score) {
        int found = Arrays.binarySearch(scores, score);
        if (found >= 0) {
            return probabilities[found];
        }
        int next = -found - 1;
        if (next == 0) {
            return probabilities[0];
        } else if (next == scores.length) {
            return probabilities[next - 1];
        }
        double share = (score - scores[next - 1]) / (scores[next] - scores[next - 1]);
        return probabilities[next - 1] + share * (probabilities[next] - probabilities[next - 1]);
    }
}
