package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.Cli;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.examples.cli.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two executors of one core, each a JVM of its own, and what the command line says of the same rows. */
class LocalClusterTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<Row> PAIRS = Sessions.pairs(200);

    @TempDir
    private static Path folder;

    private static SparkSession spark;
    private static Map<String, List<Double>> command;

    /** Workers start executors with what lies in the folder {@code jars} of {@code SPARK_HOME}: links to what this JVM has. */
    @BeforeAll
    static void start() throws IOException {
        Sessions.local().stop();
        String[] path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator);
        Path jars = Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        try (Stream<Path> old = Files.list(jars)) {
            for (Path jar : (Iterable<Path>) old::iterator) {
                Files.delete(jar);
            }
        }
        for (String part : path) {
            if (part.endsWith(".jar")) {
                Path jar = Path.of(part);
                Files.createSymbolicLink(
                        jars.resolve(jar.getParent().getFileName() + "-" + jar.getFileName()), jar.toAbsolutePath());
            }
        }
        spark = Sessions.settings("local-cluster[2,1,1024]")
                .config(
                        "spark.executor.extraClassPath",
                        Stream.of(path)
                                .filter(part -> Files.isDirectory(Path.of(part)))
                                .collect(Collectors.joining(File.pathSeparator)))
                .getOrCreate();
        command = command();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** {@return value, distribution and outside of each id, as the command line writes them} */
    private static Map<String, List<Double>> command() throws IOException {
        Path in = folder.resolve("pairs.jsonl");
        Path out = folder.resolve("scores.jsonl");
        Files.write(
                in,
                PAIRS.stream()
                        .map(pair -> JSON.createObjectNode()
                                .put("id", pair.getString(0))
                                .put("instruction", pair.getString(1))
                                .put("response", pair.getString(2))
                                .toString())
                        .toList());
        String[] arguments = {"score", "--model", Sessions.nano(), "--in", in.toString(), "--out", out.toString()};
        assertEquals(0, Cli.execute(new OnnxModels(), Terminal.ofProcess(), arguments));
        try (Stream<String> lines = Files.lines(out)) {
            return lines.map(LocalClusterTest::read)
                    .collect(Collectors.toMap(
                            row -> row.get("id").textValue(), LocalClusterTest::numbers, (a, b) -> a, TreeMap::new));
        }
    }

    private static ObjectNode read(String line) {
        try {
            return (ObjectNode) JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Double> numbers(JsonNode row) {
        JsonNode p = row.get("distribution");
        return Stream.of(row.get("score"), p.get(0), p.get(1), p.get(2), p.get(3), p.get(4), row.get("outside"))
                .map(JsonNode::doubleValue)
                .toList();
    }

    private static void assertAsCommand(List<Row> rows) {
        assertEquals(PAIRS.size(), rows.size());
        Map<String, Row> scores = new TreeMap<>();
        rows.forEach(row -> scores.put(row.getAs("id"), row.getAs("score")));
        assertEquals(command.keySet(), scores.keySet());
        scores.forEach((id, score) -> {
            List<Double> expected = command.get(id);
            assertEquals(expected.get(0), score.getDouble(0), 1e-5, id);
            List<Double> distribution = score.getList(1);
            for (int i = 0; i < 5; i++) {
                assertEquals(expected.get(i + 1), distribution.get(i), 1e-5, id);
            }
            assertEquals(expected.get(6), score.getDouble(2), 1e-5, id);
            assertTrue(score.isNullAt(3), id);
        });
    }

    private static Dataset<Row> scored(int partitions) {
        return new PairScorer().setModel(Sessions.nano()).transform(Sessions.table(spark, PAIRS, partitions));
    }

    @Test
    void everyRowIsTheCommandsAndEachExecutorOpensTheModelOnce() {
        assertAsCommand(scored(9).collectAsList());
        MapPartitionsFunction<Row, String> openings = rows -> {
            Thread.sleep(200); // so that both executors get some
            return List.of(ProcessHandle.current().pid() + " " + SharedModels.openings())
                    .iterator();
        };
        List<String> executors = Sessions.table(spark, PAIRS, 8)
                .mapPartitions(openings, Encoders.STRING())
                .distinct()
                .collectAsList();
        assertEquals(2, executors.size(), executors::toString);
        executors.forEach(executor -> assertTrue(executor.endsWith(" 1"), executors::toString));
    }

    @Test
    void anExecutorThatIsKilledInTheMiddleChangesNothing() {
        MapPartitionsFunction<Row, Long> pid =
                rows -> List.of(ProcessHandle.current().pid()).iterator();
        long executor = Sessions.table(spark, PAIRS, 2)
                .mapPartitions(pid, Encoders.LONG())
                .first();
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger removed = new AtomicInteger();
        SparkListener killer = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd task) {
                if (ended.incrementAndGet() == 6) {
                    ProcessHandle.of(executor).orElseThrow().destroyForcibly();
                }
            }

            @Override
            public void onExecutorRemoved(SparkListenerExecutorRemoved lost) {
                removed.incrementAndGet();
            }
        };
        spark.sparkContext().addSparkListener(killer);
        try {
            assertAsCommand(scored(40).collectAsList());
        } finally {
            spark.sparkContext().removeSparkListener(killer);
        }
        assertTrue(ended.get() > 6 && removed.get() == 1, ended + " tasks, " + removed + " executors lost");
    }
}
