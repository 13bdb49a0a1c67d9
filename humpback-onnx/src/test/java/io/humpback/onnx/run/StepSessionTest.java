package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import io.humpback.model.ModelException;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.run.StepDecoder.Input;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepSessionTest {

    @TempDir
    private Path folder;

    private StepSession session() throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            return StepSession.open(Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, 16), folder), -1, 1);
        }
    }

    @Test
    void tensorsAtInputsAreFreedOnceWhateverIsClosedFirst() throws Exception {
        StepSession session = session();
        Input input = new Input("any", new long[] {1, 2}, FloatBuffer.allocate(2));
        StepSession.Bound first = session.bind(List.of(input));
        StepSession.Bound second = session.bind(List.of(input));
        List<OnnxTensor> tensors =
                List.of(first.tensors().get("any"), second.tensors().get("any"));
        first.close();
        first.close();
        assertTrue(tensors.get(0).isClosed());
        assertFalse(tensors.get(1).isClosed());
        session.close();
        second.close();
        assertTrue(tensors.get(1).isClosed());
    }

    @Test
    void valuesThatDoNotFillTheShapeAreRefused() throws Exception {
        try (StepSession session = session()) {
            Input input = new Input("any", new long[] {1, 3}, FloatBuffer.allocate(2));
            String message = assertThrows(ModelException.class, () -> session.bind(List.of(input)))
                    .getMessage();
            assertEquals(1, message.lines().count());
            assertTrue(message.startsWith("taking in an adapter: "), message);
        }
    }
}
