package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.humpback.data.web.Corpus;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs in processes of their own, which are killed by SIGKILL, at named instants and at any. */
class KilledRunTest {

    private static final String LAST = "finished";

    @TempDir
    private Path folder;

    /** The child: prints each instant, and at the one that was asked for waits to be killed. */
    public static void main(String[] args) throws IOException {
        run(Path.of(args[0]), Path.of(args[1])).run(instant -> {
            System.out.println(instant);
            if (instant.equals(args[2])) {
                sleep();
            }
        });
        System.out.println(LAST);
    }

    private static void sleep() {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Humpback run(Path directory, Path corpus) {
        return Humpback.at(directory)
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(corpus))
                .keepTopShare(0.3)
                .batch(16);
    }

    @Test
    void aKilledRunEndsWithTheSameBytes() throws IOException, InterruptedException {
        Path corpus = ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 60);
        Map<String, Integer> instants = new LinkedHashMap<>();
        Path whole = run(folder.resolve("whole"), corpus)
                .run(instant -> instants.merge(instant, 1, Integer::sum))
                .directory();
        List<String> named = instants.keySet().stream()
                .filter(instant -> instant.endsWith(" written") || instant.endsWith(" committed"))
                .toList();
        Path killed = folder.resolve("killed");
        boolean all = Boolean.getBoolean("humpback.kill.all"); // some, in their order, else it takes a minute
        for (int i = 0; i < named.size(); i += all ? 1 : 7) {
            assertEquals(named.get(i), killed(killed, corpus, named.get(i), Integer.MAX_VALUE));
        }
        Random random = new Random(3);
        killed(killed, corpus, LAST, Integer.MAX_VALUE);
        assertEquals(HumpbackTest.exports(whole), HumpbackTest.exports(killed));
        Path anywhere = folder.resolve("anywhere");
        for (int i = 0; i < (all ? 40 : 4); i++) {
            assertNotEquals(LAST, killed(anywhere, corpus, "", 1 + random.nextInt(25)));
        }
        killed(anywhere, corpus, LAST, Integer.MAX_VALUE);
        assertEquals(HumpbackTest.exports(whole), HumpbackTest.exports(anywhere));
        assertEquals(List.of(), Humpback.verify(anywhere));
    }

    /** Kills a child at a named instant, or soon after it has printed a number of lines. @return the last line */
    private String killed(Path directory, Path corpus, String instant, int after)
            throws IOException, InterruptedException {
        Path scratch = Files.createDirectories(folder.resolve("scratch"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-Dorg.sqlite.tmpdir=" + scratch,
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                KilledRunTest.class.getName(),
                directory.toString(),
                corpus.toString(),
                instant));
        Process child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
            String last = "";
            int count = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
                if (line.equals(instant) && !line.equals(LAST) || ++count == after) {
                    break;
                }
            }
            child.destroyForcibly();
            child.waitFor(60, TimeUnit.SECONDS);
            return last;
        }
    }
}
