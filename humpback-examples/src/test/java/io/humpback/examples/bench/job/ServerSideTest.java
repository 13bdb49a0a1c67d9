package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.bench.job.StubServer.Mode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerSideTest {

    private static final List<AskedPrompt> TWO = List.of(new AskedPrompt("a b", 2), new AskedPrompt("a b c", 3));

    @TempDir
    private Path folder;

    private Side.Run run(Job job, int tokens, Mode mode) throws Exception {
        URI url = StubServer.free();
        Side side = new ServerSide(new Work(job, TWO, tokens), url, StubServer.command(url, mode), 2, folder);
        assertEquals("server_2", side.key());
        return side.run();
    }

    @Test
    void ratingsAreCountedAndTimedFromTheStart() throws Exception {
        Side.Run run = run(Job.SCORE, 1, Mode.WORDS);
        assertEquals(2, run.units());
        assertTrue(run.seconds() > 0.05, () -> "" + run);
        assertEquals(
                "{\"rows\":2,\"prompt_tokens\":5,\"ratings\":2}", run.notes().toString());
    }

    @Test
    void tokensAreThoseThatWereWritten() throws Exception {
        Side.Run run = run(Job.WRITE, 8, Mode.WORDS);
        assertEquals(2, run.units());
        assertEquals(
                "{\"rows\":2,\"prompt_tokens\":5,\"tokens\":2}", run.notes().toString());
    }

    @Test
    void theCommandIsToldTheNumberOfClients() throws Exception {
        Side side = new ServerSide(
                new Work(Job.SCORE, TWO, 1),
                StubServer.free(),
                List.of("no-such-program-" + ServerSide.CLIENTS),
                4,
                folder);
        IOException e = assertThrows(IOException.class, side::run);
        assertTrue(e.getMessage().contains("no-such-program-4"), e.getMessage());
    }
}
