package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.Ran;
import org.junit.jupiter.api.Test;

class ReportingCommandTest {

    @Test
    void aSummaryInWordsHasAPartALine() {
        ObjectNode summary =
                (ObjectNode) Ran.read("{\"rows\": 40, \"dropped\": {\"empty\": 1, \"by\": {\"x\": 2}}, \"none\": {},"
                        + " \"cost\": {\"disk_bytes\": 19500000, \"peak_bytes\": null},"
                        + " \"mean\": 3.14159, \"ids\": [1, 2], \"ok\": true, \"out\": \"a.jsonl\"}");
        assertEquals("""
                rows             40
                dropped          empty 1, by (x 2)
                none             none
                cost             disk 19.5 MB, peak undefined
                mean             3.142
                ids              [1,2]
                ok               true
                out              a.jsonl""", ReportingCommand.inWords(summary).replace("\r\n", "\n"));
    }
}
