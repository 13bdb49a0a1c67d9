package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.bench.Figure;
import io.humpback.examples.bench.job.Side.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;

/** Has several sides do one job in turns, so that a machine that becomes slower meanwhile is slower for all. */
public final class JobBenchmark {

    private final List<? extends Side> sides;
    private final int runs;

    /**
     * @param sides at least one
     * @param runs of each, at least 1
     */
    public JobBenchmark(List<? extends Side> sides, int runs) {
        this.sides = List.copyOf(sides);
        this.runs = runs;
    }

    /** {@return what each side gave, in their order} */
    public List<Figure> run() throws IOException, InterruptedException {
        List<Series> all = sides.stream().map(Series::new).toList();
        List<Series> order = new ArrayList<>(all);
        for (int run = 0; run < runs; run++) { // A B C, C B A, ...: none is always the last
            for (Series one : order) {
                one.run();
            }
            Collections.reverse(order);
        }
        return all.stream().map(Series::figure).toList();
    }

    /** The runs of one side. */
    private static final class Series {

        private final Side side;
        private final List<Run> done = new ArrayList<>();

        Series(Side side) {
            this.side = side;
        }

        void run() throws IOException, InterruptedException {
            done.add(side.run());
        }

        Figure figure() {
            ObjectNode notes = JsonLines.row();
            ArrayNode seconds = notes.putArray("seconds");
            done.forEach(run -> seconds.add(Math.round(run.seconds() * 1000) / 1000.0));
            notes.setAll(done.get(0).notes());
            OptionalLong peak =
                    done.stream().flatMapToLong(run -> run.peakBytes().stream()).max();
            return new Figure(
                    side.key(),
                    side.unit(),
                    done.stream().map(run -> run.units() / run.seconds()).toList(),
                    peak.isPresent() ? OptionalLong.of(peak.getAsLong() >> 20) : peak,
                    notes);
        }
    }
}
