package io.humpback.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class ReportingTest {

    @Test
    void aSummaryInWordsHasAPartALine() {
        ObjectNode summary =
                (ObjectNode) Ran.read("{\"rows\": 40, \"dropped\": {\"empty\": 1, \"by\": {\"x\": 2}}, \"none\": {},"
                        + " \"mean\": 3.14159, \"ids\": [1, 2], \"ok\": true, \"out\": \"a.jsonl\"}");
        assertEquals("""
                rows             40
                dropped          empty 1, by (x 2)
                none             none
                mean             3.142
                ids              [1,2]
                ok               true
                out              a.jsonl""", Reporting.inWords(summary).replace("\r\n", "\n"));
    }
}
