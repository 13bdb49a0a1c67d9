package io.humpback.spark;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * How fast a cluster scores, with how much memory, and whether its numbers are those of one machine: scores what the command
 * {@code score} has scored before, and compares each row.
 */
public final class ScoreBenchmark {

    /** What a number of the cluster may differ by from the command's. */
    static final double BAR = 1e-3;

    private static final StructType KNOWN = new StructType()
            .add("id", DataTypes.StringType)
            .add("instruction", DataTypes.StringType)
            .add("response", DataTypes.StringType)
            .add("score", DataTypes.DoubleType)
            .add("distribution", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("outside", DataTypes.DoubleType);

    private ScoreBenchmark() {}

    /**
     * What was seen.
     *
     * @param rows that were to be scored
     * @param lost ids that are not in the output, or in it twice
     * @param wrong rows of the output with an error, or a number beyond {@link #BAR} from the command's
     * @param furthest difference between a number of the cluster and the command's
     * @param seconds that the job took: the model's opening, reading, scoring, writing
     */
    record Seen(long rows, long lost, long wrong, double furthest, double seconds) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "rows %d, lost or doubled %d, wrong %d, furthest %.1e, seconds %.1f, rows a second %.1f",
                    rows,
                    lost,
                    wrong,
                    furthest,
                    seconds,
                    rows / seconds);
        }
    }

    /**
     * Scores and compares; ends with status 1 where a row is lost or wrong.
     *
     * @param arguments the command's output in JSON Lines with ids, the model, a folder for the scores, which must not exist, and
     *     perhaps a precision
     */
    public static void main(String[] arguments) {
        if (arguments.length < 3 || arguments.length > 4) {
            System.err.println("expected SCORES.jsonl MODEL OUT [PRECISION]");
            System.exit(2);
        }
        SparkSession spark = SparkSession.builder()
                .config("spark.executor.processTreeMetrics.enabled", "true")
                .config("spark.executor.metrics.pollingInterval", "1s")
                .getOrCreate();
        PairScorer scorer =
                new PairScorer().setModel(arguments[1]).setPrecision(arguments.length > 3 ? arguments[3] : "");
        Resident resident = new Resident();
        spark.sparkContext().addSparkListener(resident);
        Seen seen = measure(spark, scorer, arguments[0], arguments[2]);
        spark.stop(); // all events have come then
        System.out.println(seen);
        resident.print();
        System.exit(seen.lost + seen.wrong == 0 ? 0 : 1);
    }

    /** {@return what is seen when rows that have scores are scored again} */
    static Seen measure(SparkSession spark, PairScorer scorer, String scores, String out) {
        Dataset<Row> known = spark.read().schema(KNOWN).json(scores);
        long rows = known.count();
        long start = System.nanoTime();
        scorer.setOutputCol("again").transform(known).write().parquet(out);
        double seconds = (System.nanoTime() - start) / 1e9;
        Column furthest = functions.expr("greatest(abs(score - again.value), abs(outside - again.outside),"
                + " array_max(zip_with(distribution, again.distribution, (a, b) -> abs(a - b))))");
        Row compared = spark.read()
                .parquet(out)
                .select(functions.col("id"), furthest.as("furthest"))
                .agg(
                        functions.count_distinct(functions.col("id")),
                        functions.count("*"),
                        functions.expr("count_if(furthest <= " + BAR + ")"),
                        functions.expr("coalesce(max(furthest), 0)"))
                .first();
        long ids = compared.getLong(0);
        long written = compared.getLong(1);
        return new Seen(
                rows, rows - ids + written - ids, written - compared.getLong(2), compared.getDouble(3), seconds);
    }

    /** Resident memory of the executors while a job goes on, where Spark can see it: in Linux. */
    private static final class Resident extends SparkListener {

        private static final int PARTS = 10;

        private final Map<Long, Map<String, Long>> peaks = new TreeMap<>(); // rows written: executor: bytes
        private long rows;

        @Override
        public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
            if (end.taskMetrics() == null) {
                return;
            }
            long written = end.taskMetrics().outputMetrics().recordsWritten();
            long bytes = end.taskExecutorMetrics().getMetricValue("ProcessTreeJVMRSSMemory");
            if (written > 0 && bytes > 0) {
                rows += written;
                peaks.computeIfAbsent(rows, all -> new TreeMap<>())
                        .merge(end.taskInfo().executorId(), bytes, Math::max);
            }
        }

        synchronized void print() {
            Map<String, Long> peak = new TreeMap<>();
            long due = 0;
            for (Map.Entry<Long, Map<String, Long>> at : peaks.entrySet()) {
                at.getValue().forEach((executor, bytes) -> peak.merge(executor, bytes, Math::max));
                if (at.getKey() >= due) {
                    StringBuilder line =
                            new StringBuilder("after " + at.getKey() + " rows, resident MiB of executors:");
                    peak.forEach((executor, bytes) ->
                            line.append(" ").append(executor).append(": ").append(bytes >> 20));
                    System.out.println(line);
                    peak.clear();
                    due = at.getKey() + rows / PARTS;
                }
            }
        }
    }
}
