package io.humpback.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Changes what stands in an ONNX file. */
final class StoredGraph {

    private StoredGraph() {}

    static void change(Path file, Consumer<GraphProto.Builder> change) throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        change.accept(model.getGraphBuilder());
        Files.write(file, model.build().toByteArray());
    }

    /** {@return the first tensor whose values lie in another file} */
    static TensorProto.Builder external(GraphProto.Builder graph) {
        return graph.getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL)
                .findFirst()
                .orElseThrow();
    }

    /** Says another thing of where that tensor's values lie. */
    static void place(GraphProto.Builder graph, String key, String value) {
        external(graph).getExternalDataBuilderList().stream()
                .filter(entry -> entry.getKey().equals(key))
                .forEach(entry -> entry.setValue(value));
    }
}
