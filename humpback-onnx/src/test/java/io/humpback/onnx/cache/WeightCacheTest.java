package io.humpback.onnx.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightCacheTest {

    private static final int SIZE = 100_000;

    @TempDir
    Path temp;

    private WeightCache cache(long maxBytes) {
        return new WeightCache(new CacheSettings(temp, maxBytes));
    }

    /** Whether the weights of a key were made. */
    private static boolean made(WeightCache cache, String key) throws IOException {
        try (WeightCache.Claim claim = cache.claim(key, SIZE).orElseThrow()) {
            boolean made = claim.fill(file -> Files.write(file, content(key)));
            assertEquals(
                    -1,
                    Arrays.mismatch(
                            content(key), Files.readAllBytes(claim.folder().resolve(WeightCache.WEIGHTS))));
            return made;
        }
    }

    private static byte[] content(String key) {
        byte[] content = new byte[SIZE];
        Arrays.fill(content, (byte) key.hashCode());
        return content;
    }

    private void age(String key, long seconds) throws IOException {
        Files.setLastModifiedTime(
                temp.resolve("weights").resolve(key), FileTime.fromMillis(System.currentTimeMillis() - seconds * 1000));
    }

    @Test
    void weightsAreMadeOnce() throws IOException {
        assertTrue(made(cache(1 << 20), "a"));
        assertFalse(made(cache(1 << 20), "a"));
        assertTrue(made(cache(1 << 20), "b"));
        assertEquals(2 * SIZE, cache(1 << 20).bytes());
    }

    @Test
    void damagedWeightsAreMadeAgain() throws IOException {
        made(cache(1 << 20), "a");
        Path file = temp.resolve("weights/a").resolve(WeightCache.WEIGHTS);
        byte[] content = content("a");
        content[SIZE / 2] ^= 1;
        Files.write(file, content);
        assertTrue(made(cache(1 << 20), "a"));
        Files.write(file, Arrays.copyOf(content, SIZE - 1));
        assertTrue(made(cache(1 << 20), "a"));
        Files.delete(file.resolveSibling("checksums"));
        assertTrue(made(cache(1 << 20), "a"));
        assertFalse(made(cache(1 << 20), "a"));
    }

    @Test
    void whatWasNotUsedForTheLongestTimeGoesFirst() throws IOException {
        WeightCache cache = cache(3 * SIZE);
        for (String key : List.of("a", "b", "c")) {
            made(cache, key);
        }
        age("a", 300);
        age("b", 200);
        age("c", 100);
        assertFalse(made(cache, "a")); // and is the newest from now on
        assertTrue(made(cache, "d"));
        assertFalse(Files.exists(temp.resolve("weights/b")));
        assertFalse(made(cache, "a"));
        assertFalse(made(cache, "c"));
        assertEquals(3 * SIZE, cache.bytes());
    }

    @Test
    void whatIsBeingOpenedStays() throws IOException {
        WeightCache cache = cache(SIZE);
        made(cache, "a");
        try (WeightCache.Claim held = cache.claim("a", SIZE).orElseThrow()) {
            assertEquals(Optional.empty(), cache.claim("b", SIZE));
            assertTrue(Files.exists(held.folder()));
        }
        assertTrue(made(cache, "b"));
    }

    @Test
    void whatDoesNotFitIsNotKept() throws IOException {
        assertEquals(Optional.empty(), cache(SIZE - 1).claim("a", SIZE));
        assertEquals(Optional.empty(), cache(Long.MAX_VALUE).claim("a", 1L << 60));
    }

    @Test
    void weightsThatCannotBeMadeLeaveNothing() throws IOException {
        WeightCache cache = cache(1 << 20);
        try (WeightCache.Claim claim = cache.claim("a", SIZE).orElseThrow()) {
            assertThrows(
                    IOException.class,
                    () -> claim.fill(file -> {
                        Files.write(file, content("b"));
                        throw new IOException("disk full");
                    }));
        }
        assertEquals(0, cache.bytes());
        Files.createDirectories(temp.resolve("weights/a.part")); // of a killed process
        Files.write(temp.resolve("weights/a.part").resolve(WeightCache.WEIGHTS), content("b"));
        assertTrue(made(cache, "a"));
        assertFalse(Files.exists(temp.resolve("weights/a.part")));
    }

    @Test
    void manyAtOnceMakeThemOnce() throws Exception {
        AtomicInteger made = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> all = threads.invokeAll(Collections.nCopies(4, () -> {
                if (made(cache(1 << 20), "a")) {
                    made.incrementAndGet();
                }
                return 1;
            }));
            for (Future<Integer> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(1, made.get());
    }

    /** Claims a key, says so, and waits to be killed. */
    public static void main(String[] args) throws Exception {
        try (WeightCache.Claim claim = new WeightCache(new CacheSettings(Path.of(args[0]), 1 << 20))
                .claim("a", SIZE)
                .orElseThrow()) {
            claim.fill(file -> {
                Files.write(file, content("half"));
                System.out.println("claimed");
                System.out.flush();
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
        }
    }

    @Test
    void anotherProcessIsWaitedForUntilItIsDone() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        WeightCacheTest.class.getName(),
                        temp.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals('c', process.getInputStream().read());
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<Boolean> waiting = thread.submit(() -> made(cache(1 << 20), "a"));
            Thread.sleep(300);
            assertFalse(waiting.isDone());
            process.destroyForcibly().waitFor();
            assertTrue(waiting.get(10, TimeUnit.SECONDS));
        } finally {
            thread.shutdownNow();
            process.destroyForcibly();
        }
    }

    @Test
    void anInterruptEndsTheWaiting() throws IOException {
        try (WeightCache.Claim held = cache(1 << 20).claim("a", SIZE).orElseThrow()) {
            Thread.currentThread().interrupt();
            assertThrows(Exception.class, () -> cache(1 << 20).claim("a", SIZE));
            assertTrue(Thread.interrupted());
            assertFalse(Files.exists(held.folder()));
        }
    }

    @Test
    void settingsComeFromPropertiesOrTheEnvironment() {
        Map<String, String> environment = Map.of("HUMPBACK_CACHE", "/e", "HUMPBACK_CACHE_GIB", "3");
        assertEquals(
                Optional.of(new CacheSettings(Path.of("/e").toAbsolutePath(), 3L << 30)),
                CacheSettings.of(name -> null, environment));
        assertEquals(
                Optional.empty(), CacheSettings.of(name -> name.equals("humpback.cache") ? "off" : null, environment));
        assertEquals(
                Optional.of(new CacheSettings(Path.of("/home/u/.cache/humpback").toAbsolutePath(), 20L << 30)),
                CacheSettings.of(name -> name.equals("user.home") ? "/home/u" : null, Map.of()));
        assertEquals(
                "humpback.cache.gib = much: expected a whole number of GiB",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> CacheSettings.of(
                                        name -> name.equals("humpback.cache.gib") ? "much" : null, Map.of()))
                        .getMessage());
    }
}
