package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.examples.bench.job.CompletionServer.Answer;
import io.humpback.examples.bench.job.StubServer.Mode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionServerTest {

    @TempDir
    private Path folder;

    private List<Answer> answers(Mode mode, int prompts, int tokens, int clients) throws Exception {
        URI url = StubServer.free();
        try (CompletionServer server = CompletionServer.start(url, StubServer.command(url, mode), folder)) {
            return server.complete(Collections.nCopies(prompts, new AskedPrompt("a b c", 3)), tokens, clients);
        }
    }

    @Test
    void everyPromptHasItsAnswer() throws Exception {
        assertEquals(Collections.nCopies(50, new Answer("3", 3, 1)), answers(Mode.WORDS, 50, 1, 8));
    }

    @Test
    void itIsAskedWhenItHasLoadedToWritePastTheEnd() throws Exception {
        for (Answer answer : answers(Mode.COUNTS, 2, 24, 1)) {
            assertEquals("How?", answer.text());
            assertEquals(24, answer.tokens());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "FAILS, ': answered 500 with {\"error\": \"KV cache is full\"}: slot 0 failed'",
        "BABBLES, ': answered {\"choices\": []}, expected choices with text, and usage with prompt_tokens and'",
        "DIES, ', its command has ended with 9: out of memory in slot 0'",
        "REFUSES, 'its command ended with 3 before it listened at http://127.0.0.1'",
        "REFUSES, 'loading | no such model'"
    })
    void aServerThatFailsIsToldWithWhatItSaid(Mode mode, String told) {
        DataException e = assertThrows(DataException.class, () -> answers(mode, 9, 1, 2));
        assertTrue(e.getMessage().startsWith("--server") && e.getMessage().contains(told), e.getMessage());
    }

    @Test
    void anAddressThatIsTakenIsRefused() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI url = URI.create("http://127.0.0.1:" + taken.getLocalPort());
            DataException e = assertThrows(
                    DataException.class,
                    () -> CompletionServer.start(url, StubServer.command(url, Mode.WORDS), folder));
            assertEquals(
                    "--server = " + url + ": something listens there already, expected a free port", e.getMessage());
        }
    }

    @Test
    void aCommandThatIsNotThereIsNamed() throws IOException {
        URI url = StubServer.free();
        IOException e =
                assertThrows(IOException.class, () -> CompletionServer.start(url, List.of("no-such-program"), folder));
        assertTrue(
                e.getMessage().startsWith("--server: ") && e.getMessage().contains("no-such-program"), e.getMessage());
    }

    @Test
    void anInterruptEndsIt() throws Exception {
        URI url = StubServer.free();
        try (CompletionServer server = CompletionServer.start(url, StubServer.command(url, Mode.WORDS), folder)) {
            Thread.currentThread().interrupt();
            assertThrows(
                    InterruptedException.class,
                    () -> server.complete(Collections.nCopies(1000, new AskedPrompt("a", 1)), 1, 2));
        }
        try (ServerSocket again = new ServerSocket(url.getPort(), 1, InetAddress.getLoopbackAddress())) {
            assertTrue(again.isBound(), "it has gone");
        }
    }
}
