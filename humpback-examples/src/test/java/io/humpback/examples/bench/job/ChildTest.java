package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {

    private static final Path SHELL = Path.of("/bin/sh");

    @TempDir
    private Path folder;

    @BeforeEach
    void requireShell() {
        Assumptions.assumeTrue(Files.exists(SHELL), "children are made with /bin/sh, which is not here");
    }

    private Child start(String script) throws IOException {
        return Child.start(List.of(SHELL.toString(), "-c", script), folder);
    }

    @Test
    void itIsTimedToItsEndWithWhatItWrites() throws Exception {
        try (Child child = start("echo out; echo first >&2; echo last >&2; sleep 0.3; exit 3")) {
            assertEquals(3, child.await());
            assertTrue(child.seconds() >= 0.3 && child.seconds() < 60, () -> "" + child.seconds());
            assertFalse(child.isAlive());
            assertEquals("out\n", child.output());
            assertEquals("first | last", child.tail());
        }
        try (Child child = start("echo only this")) {
            child.await();
            assertEquals("only this", child.tail());
        }
    }

    @Test
    void whatItSaysIsCutToItsEnd() throws Exception {
        try (Child child = start("seq 1000 >&2")) {
            child.await();
            assertTrue(child.tail().startsWith("... ") && child.tail().endsWith(" | 999 | 1000"), child.tail());
            assertEquals(404, child.tail().length());
        }
        try (Child child = start(":")) {
            child.await();
            assertEquals("it said nothing", child.tail());
        }
    }

    @Test
    void closingEndsItWithWhatItHasStarted() throws Exception {
        List<ProcessHandle> all = new ArrayList<>();
        try (Child child = start("trap '' TERM; sleep 60 & echo $!; echo $$; wait; sleep 60")) {
            while (child.output().lines().count() < 2) {
                Thread.sleep(10);
            }
            child.output().lines().forEach(pid -> ProcessHandle.of(Long.parseLong(pid))
                    .ifPresent(all::add));
            assertEquals(2, all.size());
            assertTrue(all.stream().allMatch(ProcessHandle::isAlive));
            Thread.currentThread().interrupt();
        }
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        assertTrue(all.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void waitingCanBeInterrupted() throws Exception {
        try (Child child = start("sleep 60")) {
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, child::await);
        }
    }

    @Test
    void thePeakIsSeenWhereTheSystemTells() throws Exception {
        try (Child child = start("sleep 0.5")) {
            child.await();
            assertEquals(
                    Files.exists(Path.of("/proc/self/status")),
                    child.peakBytes().isPresent());
            assertTrue(child.peakBytes().orElse(1 << 16) >= 1 << 16);
        }
    }

    @Test
    void aProgramThatIsNotThereIsNamed() {
        IOException e = assertThrows(IOException.class, () -> Child.start(List.of("no-such-program", "x"), folder));
        assertTrue(e.getMessage().contains("no-such-program"), e.getMessage());
    }

    /** A JVM that starts a child and waits. */
    static final class Parent {
        public static void main(String[] words) throws Exception {
            try (Child child =
                    Child.start(List.of(SHELL.toString(), "-c", "echo $$; exec sleep 60"), Path.of(words[0]))) {
                while (child.output().isBlank()) {
                    Thread.sleep(10);
                }
                System.out.println(child.output().strip());
                child.await();
            }
        }
    }

    @Test
    void itEndsWithTheJvmThatStartedIt() throws Exception {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parent.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = parent.inputReader()) {
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
            assertTrue(child.isAlive());
            parent.destroy();
            assertTrue(parent.waitFor(60, TimeUnit.SECONDS));
            child.onExit().get(10, TimeUnit.SECONDS);
        } finally {
            parent.destroyForcibly();
        }
    }
}
