package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.internal.Sha256;
import io.humpback.onnx.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkFiles;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSourceTest {

    @TempDir
    private Path folder;

    private final SparkSession spark = Sessions.local();

    private static ModelSource source(String model, String device, int threads, Cluster cluster) {
        return new ModelSource(model, "", "", device, threads, 8192, cluster);
    }

    private static final Cluster FOUR_CORES = new Cluster(false, 4, Long.MAX_VALUE);

    @Test
    void theThreadsAreTheExecutorsCoresUnlessSet() throws IOException {
        assertEquals(
                Device.cpu(4),
                source(Sessions.nano(), "cpu", 0, FOUR_CORES).locate().options().device());
        assertEquals(
                Device.cpu(3),
                source(Sessions.nano(), "cpu", 3, FOUR_CORES).locate().options().device());
        assertEquals(
                Device.cpu(1),
                source(Sessions.nano(), "cpu", 0, new Cluster(false, 0, Long.MAX_VALUE))
                        .locate()
                        .options()
                        .device());
        assertEquals(new Cluster(true, 2, Long.MAX_VALUE), Cluster.of(spark));
    }

    @Test
    void aNumberedDeviceOfAClusterIsRefusedAsExecutorsWouldShareIt() {
        String refused = assertThrows(IllegalArgumentException.class, () -> source("m", "cuda:0", 0, FOUR_CORES))
                .getMessage();
        assertTrue(refused.startsWith("device = cuda:0: executors of one machine would share it"), refused);
    }

    @Test
    void aFileThatSparkBringsIsFoundByItsNameAndByItsHash() throws IOException {
        Path brought = Files.writeString(folder.resolve("some.gguf"), "not really one");
        spark.sparkContext().addFile(brought.toString());
        Path there = Path.of(SparkFiles.get("some.gguf"));
        Cluster local = Cluster.of(spark);
        assertEquals(there, source("some.gguf", "cpu", 0, local).locate().model());
        String hash = Sha256.of(brought);
        assertEquals(there, source("sha256:" + hash, "cpu", 0, local).locate().model());
        String other = hash.replace(hash.charAt(0), hash.charAt(0) == '0' ? '1' : '0');
        String missing = assertThrows(IOException.class, () -> source("sha256:" + other, "cpu", 0, local)
                        .locate())
                .getMessage();
        assertTrue(missing.startsWith("sha256:" + other + ": found no such .gguf or .safetensors in "), missing);
        assertThrows(IllegalArgumentException.class, () -> source("sha256:abc", "cpu", 0, local)
                .locate());
    }
}
