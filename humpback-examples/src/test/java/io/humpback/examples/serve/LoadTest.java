package io.humpback.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.http.LocalExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadTest {

    private static final List<Load.Known> KNOWN = IntStream.range(1, 30)
            .mapToObj(i -> new Load.Known(new Example("i", "x".repeat(i)), i))
            .toList();

    private ScoreServer server;

    @BeforeEach
    void start() throws IOException {
        Limits limits = new Limits(2, 8, 2, Duration.ofSeconds(20), 1 << 20, Duration.ofSeconds(20));
        server = ScoreServer.start(LocalExchange.loopback(), 0, limits, new Metrics());
        server.open(GatedJudge.open(), JsonLines.row());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Load run(List<Load.Known> known, int requests, int connections, double rate, int rows, double abort)
            throws Exception {
        Load load = new Load(server.address(), known, requests, connections, rate, rows, abort);
        load.run();
        return load;
    }

    @Test
    void underOverloadAndHangUpsEveryAnswerIsThatOfItsPair() throws Exception {
        Load load = run(KNOWN, 2000, 24, 0, 1, 0.1);
        assertEquals(200, load.answers().get("hung up"));
        assertEquals(0, load.lost());
        assertEquals(0, load.wrong());
        assertEquals(load.answers().get("200"), load.scored());
        assertEquals(
                1800, load.answers().get("200") + load.answers().getOrDefault("503", 0L), load.answers()::toString);
        assertEquals(11, load.memory().size());
    }

    @Test
    void rowsOfStreamsAreCheckedOneByOne() throws Exception {
        Load load = run(KNOWN, 20, 2, 0, 100, 0);
        assertEquals(Map.of("200", 20L), load.answers());
        assertEquals(2000, load.scored());
        assertEquals(0, load.wrong());
    }

    @Test
    void aScoreOfAnotherPairIsNoticed() throws Exception {
        Load load = run(
                List.of(new Load.Known(new Example("i", "xx"), 2), new Load.Known(new Example("i", "x"), 7)),
                10,
                1,
                0,
                1,
                0);
        assertEquals(5, load.wrong());
        assertEquals(5, load.scored());
    }

    @Test
    void requestsThatNobodyAnswersAreLost() throws Exception {
        server.drain(Duration.ZERO);
        Load refused = run(KNOWN, 10, 2, 0, 1, 0);
        assertEquals(Map.of("503", 10L), refused.answers());
    }

    @Test
    void aRateIsKeptAndTheWaitForAConnectionIsPartOfTheLatency() throws Exception {
        Load load = run(KNOWN, 50, 2, 100, 1, 0);
        assertTrue(load.seconds() >= 0.49, () -> load.seconds() + " s for 50 requests at 100 a second");
        assertTrue(load.percentiles().get("50 %") <= load.percentiles().get("100 %"));
    }
}
