package io.humpback.examples.bench;

/** Something that is measured of a file's pairs. */
interface PairsBenchmark extends Benchmark {

    @Override
    default String unit() {
        return "pairs/s";
    }

    @Override
    default String needs() {
        return "--pairs";
    }
}
