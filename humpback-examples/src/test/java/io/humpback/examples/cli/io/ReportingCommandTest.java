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

    @Test
    void aHistogramIsDrawn() {
        ObjectNode summary = (ObjectNode) Ran.read("{\"histogram\": [{\"from\": 1.0, \"to\": 1.5, \"rows\": 2},"
                + " {\"from\": 1.5, \"to\": 2.0, \"rows\": 8}, {\"from\": 2.0, \"to\": 2.5, \"rows\": 0}]}");
        assertEquals(
                """
                histogram\s
                     1.000 to    1.500  ########## 2
                     1.500 to    2.000  ######################################## 8
                     2.000 to    2.500   0""", ReportingCommand.inWords(summary).replace("\r\n", "\n").replaceAll("histogram +", "histogram "));
    }
}
