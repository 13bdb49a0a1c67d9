package io.humpback.onnx.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaProviderTest {

    @TempDir
    static Path folder;

    private static StandIn standIn;
    private static Path checkpoint;

    @BeforeAll
    static void build() throws Exception {
        standIn = StandIn.build(Files.createDirectory(folder.resolve("cuda")));
        checkpoint = ZeroCheckpoint.write(Files.createDirectory(folder.resolve("checkpoint")));
    }

    @Test
    void decode() throws Exception {
        Found found = standIn.run(
                StandIn.Machine.H100.withCudnn(), CudaWork.DECODE, checkpoint, "bf16", "4", "20", "8", "8", "nucleus");
        System.err.println(found);
        assertEquals(1, 1);
    }
}
