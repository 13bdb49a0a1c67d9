package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {

    @TempDir
    private Path folder;

    @Test
    void aDemoIsARunWithItsWorldBesideItAndCanBeAskedForAgain() throws Exception {
        Ran ran = Ran.onnx("demo", "--dir", folder.resolve("demo"), "--steps", "2", "--json");
        assertEquals(0, ran.status(), ran.err());
        JsonNode found = ran.summary();
        assertTrue(found.path("candidates").asInt() > 0, ran.out());
        for (String model : new String[] {"base", "M_0", "M_1", "M_2"}) {
            double auc = found.path(model).path("AUC of ratings").asDouble();
            assertTrue(auc > 0 && auc <= 1, ran.out());
        }
        for (String file :
                new String[] {"run.db", "manifest.json", "export/curated.jsonl", "world/labels.jsonl", "report.html"}) {
            assertTrue(Files.exists(folder.resolve("demo").resolve(file)), file);
        }
        Ran again = Ran.onnx("demo", "--dir", folder.resolve("demo"), "--steps", "2", "--json");
        assertEquals(found, again.summary());
    }
}
