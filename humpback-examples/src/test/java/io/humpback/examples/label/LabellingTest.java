package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabellingTest {

    @TempDir
    private Path folder;

    private Labelling begin(Scale scale, Map<String, Map<String, Double>> others) throws IOException {
        List<ScoredPair> pairs = IntStream.range(0, 50)
                .mapToObj(i -> new ScoredPair("p" + i, "i" + i, "r" + i, i))
                .toList();
        return new Labelling(
                Draw.of(pairs::forEach, 20, 1), scale, LabelFile.open(folder.resolve("labels.jsonl")), others, 1);
    }

    private static String id(ObjectNode state) {
        return state.get("pair").get("id").textValue();
    }

    @Test
    void aPairIsShownWithoutItsScoreAndTheNextOneFollows() throws IOException {
        Labelling labelling = begin(Scale.GOOD_BAD, Map.of());
        ObjectNode state = labelling.state();
        assertEquals(3, state.get("pair").size(), "id, instruction, response");
        String first = id(state);
        labelling.label(first, 1, " because ", 2.345);
        assertFalse(first.equals(id(labelling.state())));
        JsonNode row = LabelFile.open(folder.resolve("labels.jsonl")).rows().get(0);
        assertEquals(1, row.get("label").intValue());
        assertEquals("because", row.get("note").textValue());
        assertEquals(2.3, row.get("seconds").doubleValue());
        assertEquals(0.4, row.get("drawn_with").doubleValue());
        assertEquals(Double.parseDouble(first.substring(1)), row.get("score").doubleValue());
    }

    @Test
    void skippedPairsComeLastAndUndoneOnesAtOnce() throws IOException {
        Labelling labelling = begin(Scale.GOOD_BAD, Map.of());
        String skipped = id(labelling.state());
        labelling.skip(skipped);
        String second = id(labelling.state());
        labelling.label(second, 0, "", 1);
        labelling.undo();
        assertEquals(second, id(labelling.state()));
        for (int i = 0; i < 19; i++) {
            labelling.label(id(labelling.state()), i % 2, "", 1);
        }
        assertEquals(skipped, id(labelling.state()));
        labelling.label(skipped, 1, "", 1);
        assertFalse(labelling.state().has("pair"));
        assertEquals(20, labelling.state().get("done").intValue());
    }

    @Test
    void theWorkGoesOnWhereItWasStopped() throws IOException {
        Labelling labelling = begin(Scale.RATING, Map.of());
        labelling.label(id(labelling.state()), 5, "", 1);
        String next = id(labelling.state());
        assertEquals(next, id(begin(Scale.RATING, Map.of()).state()));
        assertThrows(DataException.class, () -> begin(Scale.GOOD_BAD, Map.of()), "another scale");
    }

    @Test
    void aLabelOffTheScaleOrOfNoPairIsRefused() throws IOException {
        Labelling labelling = begin(Scale.GOOD_BAD, Map.of());
        assertThrows(IllegalArgumentException.class, () -> labelling.label(id(labelling.state()), 2, "", 1));
        assertThrows(IllegalArgumentException.class, () -> labelling.label("p99", 1, "", 1));
        assertEquals(0, labelling.state().get("done").intValue());
    }

    @Test
    void whatIsKnownTellsHowWellScoresSeparateAndWhereOneMoreLabelTellsMost() throws IOException {
        Labelling labelling = begin(Scale.GOOD_BAD, Map.of());
        while (labelling.state().has("pair")) {
            String id = id(labelling.state());
            double score = Double.parseDouble(id.substring(1));
            labelling.label(id, score >= 45 || score >= 20 && score < 30 && score % 2 == 0 ? 1 : 0, "", 1);
        }
        ObjectNode known = labelling.known();
        assertEquals(20, known.get("labels").intValue());
        assertTrue(known.get("roc_auc").get("value").doubleValue() > 0.5);
        assertTrue(known.get("roc_auc").get("low").doubleValue()
                <= known.get("roc_auc").get("value").doubleValue());
        assertEquals(5, known.get("strata").size());
        int teaching = IntStream.range(0, 5)
                .filter(i -> known.get("strata").get(i).has("teaches_most"))
                .findFirst()
                .orElseThrow();
        JsonNode stratum = known.get("strata").get(teaching);
        int good = stratum.get("good").intValue();
        assertTrue(good > 0 && good < 4, "a stratum of both kinds: " + stratum);
    }

    @Test
    void agreementWithAnotherPersonIsKappaBesideTheSharesOfGoodPairs() throws IOException {
        Map<String, Double> theirs = new java.util.HashMap<>();
        IntStream.range(0, 50).forEach(i -> theirs.put("p" + i, i % 2 == 0 ? 1.0 : 0.0));
        Labelling labelling = begin(Scale.GOOD_BAD, Map.of("ben", theirs));
        int good = 0;
        int same = 0;
        int goodTheirs = 0;
        for (int n = 0; n < 20; n++) {
            String id = id(labelling.state());
            int own = n % 4 == 0 ? 0 : 1;
            good += own;
            goodTheirs += theirs.get(id) == 1 ? 1 : 0;
            same += theirs.get(id) == own ? 1 : 0;
            labelling.label(id, own, "", 1);
        }
        JsonNode agreement = labelling.known().get("agreement").get(0);
        double chance = (good * goodTheirs + (20 - good) * (20 - goodTheirs)) / 400.0;
        assertEquals("ben", agreement.get("with").textValue());
        assertEquals(same / 20.0, agreement.get("same").doubleValue(), 1e-12);
        assertEquals(
                (same / 20.0 - chance) / (1 - chance), agreement.get("kappa").doubleValue(), 1e-12);
        assertEquals(good / 20.0, agreement.get("good_own").doubleValue());
        assertEquals(goodTheirs / 20.0, agreement.get("good_other").doubleValue());
    }
}
