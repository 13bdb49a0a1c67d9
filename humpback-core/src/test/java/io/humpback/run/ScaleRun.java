package io.humpback.run;

import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Corpus;
import io.humpback.data.web.SegmentFunnel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Not a test: the run store, near-duplicates, curation and export at size, with the scripted model. Arguments: an empty
 * folder, and how many segments of about 1,000 characters.
 */
final class ScaleRun {

    private ScaleRun() {}

    public static void main(String[] args) throws IOException {
        long count = Long.parseLong(args[1]);
        Corpus corpus = new Corpus() {
            @Override
            public Stream<Segment> segments(Rejects rejects, SegmentFunnel funnel) {
                return LongStream.range(0, count).mapToObj(ScaleRun::segment);
            }

            @Override
            public String fingerprint() {
                return "synthetic " + count;
            }
        };
        long start = System.nanoTime();
        RunResult result = Humpback.at(Path.of(args[0]))
                .base(ScriptedLoop.quick())
                .seed(ScriptedLoop.seed(100))
                .corpus(corpus)
                .keepAtLeast(4.8)
                .batch(1024)
                .run();
        double seconds = (System.nanoTime() - start) / 1e9;
        for (Map.Entry<String, Double> stage : result.seconds().entrySet()) {
            System.out.printf("%s %.1f s%n", stage.getKey(), stage.getValue());
        }
        result.funnel().forEach(System.out::println);
        long bytes;
        try (Stream<Path> files = Files.walk(Path.of(args[0]))) {
            bytes = files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
        System.out.printf(
                "%d segments: %.1f s, %.1f us each; %d MB, %d bytes each%n",
                count, seconds, seconds * 1e6 / count, bytes >> 20, bytes / count);
    }

    /** One in twenty nearly repeats the one before it. */
    private static Segment segment(long n) {
        long of = n % 20 == 19 ? n - 1 : n;
        Random random = new Random(of);
        StringBuilder text = new StringBuilder("topic" + of);
        for (int word = 0; word < 110; word++) {
            text.append(" word").append(random.nextInt(50_000));
        }
        return Segment.of("https://example.org/" + n, "Pages", "Topic " + n, 0, text + (of == n ? "" : " indeed"));
    }
}
