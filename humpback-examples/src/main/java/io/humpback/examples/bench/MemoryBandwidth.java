package io.humpback.examples.bench;

import java.util.Arrays;
import java.util.stream.IntStream;

/** How fast this machine reads memory: no model can read its weights faster. */
final class MemoryBandwidth {

    /** A Java loop does not reach what the machine can; no machine is this many times as fast as it. */
    static final double MARGIN = 4;

    private static final int PASSES = 10; // the first ones are interpreted
    private static final int PASS = 1 << 23; // longs a core reads in a pass, again and again where there are fewer
    private static final int LARGEST = 1 << 27; // longs: a gigabyte is beyond every cache

    private MemoryBandwidth() {}

    /**
     * {@return bytes per second: the best of several passes of all cores over a block of memory. A block that fits into the caches is
     * read faster}
     *
     * @param bytes of the block, at least 1
     */
    static double measure(long bytes) {
        int parts = Runtime.getRuntime().availableProcessors();
        int length = (int) Math.max(512, Math.min(LARGEST, bytes / 8) / parts);
        long[][] memory = new long[parts][length];
        for (long[] part : memory) {
            Arrays.fill(part, 1); // untouched pages would all be one
        }
        int repeats = Math.max(1, PASS / length);
        double best = 0;
        long sum = 0;
        for (int pass = 0; pass < PASSES; pass++) {
            long start = System.nanoTime();
            sum += IntStream.range(0, parts)
                    .parallel()
                    .mapToLong(part -> sum(memory[part], repeats))
                    .sum();
            best = Math.max(best, 8e9 * parts * length * repeats / Math.max(1, System.nanoTime() - start));
        }
        return sum == 0 ? 0 : best; // the sum is used, so that it is computed
    }

    private static long sum(long[] values, int repeats) {
        long sum = 0;
        for (int i = 0; i < repeats; i++) {
            for (long value : values) {
                sum += value;
            }
        }
        return sum;
    }
}
