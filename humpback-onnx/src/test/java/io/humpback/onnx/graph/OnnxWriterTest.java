package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OnnxWriterTest {

    private static ModelProto written(Graph graph) throws Exception {
        return ModelProto.parseFrom(OnnxWriter.write(graph, "model.data", Map.of("precision", "fp32", "a", "b")));
    }

    private static Map<String, String> entries(List<StringStringEntryProto> entries) {
        return entries.stream()
                .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
    }

    @Test
    void weightsLieInTheFileBesideItOnPageBoundaries() throws Exception {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", 600));
        Value first = graph.weight(Graphs.weight("first", Shape.of(600, 600)));
        Value second = graph.weight(Graphs.weight("second", Shape.of(2, 600)));
        graph.output("y", x.linear(first).linear(second));
        assertEquals(Map.of("first", 0L, "second", 1_441_792L), OnnxWriter.offsets(graph.liveWeights()));
        List<TensorProto> weights = written(graph).getGraph().getInitializerList();
        assertEquals(
                List.of("first", "second"),
                weights.stream().map(TensorProto::getName).toList());
        assertEquals(
                Map.of("location", "model.data", "offset", "1441792", "length", "4800"),
                entries(weights.get(1).getExternalDataList()));
        assertEquals(List.of(2L, 600L), weights.get(1).getDimsList());
    }

    @Test
    void theShapesOfAllValuesAreToldWhereAskedFor() throws Exception {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", 6));
        graph.output("y", x.exp().matrixTranspose());
        ModelProto model = ModelProto.parseFrom(OnnxWriter.writeWithShapes(graph, "model.data", Map.of()));
        assertEquals(1, model.getGraph().getValueInfoCount());
        assertEquals(
                "N",
                model.getGraph()
                        .getValueInfo(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(0)
                        .getDimParam());
        assertEquals(0, written(graph).getGraph().getValueInfoCount());
    }

    @Test
    void whatNoOutputNeedsIsNotWritten() throws Exception {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2, 2));
        x.times(3).linear(graph.weight(Graphs.weight("unused", Shape.of(5, 2))));
        graph.output("y", x.times(2));
        ModelProto model = written(graph);
        assertEquals(
                List.of("Mul"),
                model.getGraph().getNodeList().stream()
                        .map(NodeProto::getOpType)
                        .toList());
        assertEquals(1, model.getGraph().getInitializerCount());
        assertArrayEquals(
                new byte[] {0, 0, 0, 0x40},
                model.getGraph().getInitializer(0).getRawData().toByteArray());
    }

    @Test
    void outputsNameTheirValues() throws Exception {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", 2));
        Value y = x.abs();
        graph.output("absolute", y);
        graph.output("twice", y.times(2));
        ModelProto model = written(graph);
        assertEquals("absolute", model.getGraph().getNode(0).getOutput(0));
        assertEquals("absolute", model.getGraph().getNode(1).getInput(0));
        assertEquals("twice", model.getGraph().getOutput(1).getName());
        assertEquals(
                "N",
                model.getGraph()
                        .getInput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(0)
                        .getDimParam());
    }

    @Test
    void theSameGraphGivesTheSameBytes() throws Exception {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", 2));
        graph.at("model.norm");
        graph.output("y", x.rmsNorm(graph.constant(Shape.of(2), 1, 2), 1e-5));
        Graph copy = graph.rewritten((node, inputs, to) -> null);
        assertArrayEquals(OnnxWriter.write(graph, "d", Map.of()), OnnxWriter.write(copy, "d", Map.of()));
        assertEquals(
                Map.of("precision", "fp32", "a", "b"), entries(written(graph).getMetadataPropsList()));
        assertTrue(written(graph).getGraph().getNode(0).getName().startsWith("model.norm/"));
    }
}
