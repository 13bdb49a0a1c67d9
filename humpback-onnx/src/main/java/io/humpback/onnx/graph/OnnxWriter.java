package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes a graph as the bytes of an ONNX model whose weights are in a file of the same folder. */
public final class OnnxWriter {

    /** Operator set of the standard domain. */
    private static final long OPSET = 21;

    private static final long IR_VERSION = 10;

    /** Bytes between the starts of weights are a multiple of this, so that each can be mapped by itself. */
    private static final long ALIGNMENT = 4096;

    private OnnxWriter() {}

    /** {@return where each weight begins in the data file, in the order they are written} */
    public static Map<String, Long> offsets(List<Weight> weights) {
        Map<String, Long> offsets = new LinkedHashMap<>();
        long offset = 0;
        for (Weight weight : weights) {
            offsets.put(weight.name(), offset);
            offset = Math.addExact(offset, weight.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        return offsets;
    }

    /**
     * {@return the model, in ONNX's protocol buffer format}
     *
     * @param graph of which what its outputs depend on is written
     * @param dataFile name of the file, in the model's folder, that holds the weights at {@link #offsets}
     * @param metadata texts kept in the model
     */
    public static byte[] write(Graph graph, String dataFile, Map<String, String> metadata) {
        return write(graph, dataFile, offsets(graph.liveWeights()), metadata, false);
    }

    /**
     * {@return the model with the shapes of all values, and its weights at offsets in a file that it shares with others}
     * For each value the runtime's memory planner searches all free buffers, which pile up where it does not know that two
     * have one shape: the time to open a graph grows with the square of its nodes (low-rank training of 30 blocks: 22 s,
     * with shapes 5).
     */
    public static byte[] writeWithShapes(Graph graph, String dataFile, Map<String, Long> offsets) {
        return write(graph, dataFile, offsets, Map.of(), true);
    }

    private static byte[] write(
            Graph graph, String dataFile, Map<String, Long> offsets, Map<String, String> metadata, boolean shapes) {
        GraphProto.Builder to = GraphProto.newBuilder().setName("humpback");
        Set<Value> used = Liveness.reads(graph).collect(Collectors.toSet());
        graph.constants().stream()
                .filter(used::contains)
                .forEach(value -> to.addInitializer(TensorProto.newBuilder()
                        .setName(value.name)
                        .setDataType(value.type().onnx())
                        .addAllDims(sizes(value.shape()))
                        .setRawData(requireNonNull(value.constant).bytes())));
        List<Weight> weights = graph.liveWeights();
        weights.forEach(weight -> to.addInitializer(TensorProto.newBuilder()
                .setName(weight.name())
                .setDataType(weight.type().onnx())
                .addAllDims(sizes(weight.shape()))
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", dataFile))
                .addExternalData(entry(
                        "offset", requireNonNull(offsets.get(weight.name())).toString()))
                .addExternalData(entry("length", Long.toString(weight.bytes())))));
        write(graph, Map.of(), to, shapes);
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("humpback")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain("com.microsoft")
                        .setVersion(1))
                .setGraph(to);
        new TreeMap<>(metadata).forEach((key, value) -> model.addMetadataProps(entry(key, value)));
        return model.build().toByteArray();
    }

    /** Writes inputs, nodes and outputs, for one within another with the names that values have in the graphs around it. */
    private static void write(Graph graph, Map<String, String> around, GraphProto.Builder to, boolean shapes) {
        graph.inputs().forEach((name, value) -> to.addInput(info(name, value)));
        // A computed value takes the name of its output: an Identity between them would copy it.
        Map<String, String> names = new HashMap<>(around);
        graph.outputs().forEach((name, value) -> {
            names.put(value.name, name);
            to.addOutput(info(name, value));
        });
        List<Node> nodes = graph.live();
        Set<String> read = new HashSet<>(names.keySet());
        nodes.stream().flatMap(Liveness::reads).forEach(input -> read.add(input.name));
        nodes.forEach(node -> to.addNode(node(node, names, read)));
        if (shapes) {
            nodes.stream()
                    .flatMap(node -> node.outputs().stream())
                    .filter(output -> read.contains(output.name) && !names.containsKey(output.name))
                    .forEach(output -> to.addValueInfo(info(output.name, output)));
        }
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static List<Long> sizes(Shape shape) {
        return shape.dims().stream().map(Dim::size).toList();
    }

    private static ValueInfoProto info(String name, Value value) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Dim dim : value.shape().dims()) {
            TensorShapeProto.Dimension.Builder to = TensorShapeProto.Dimension.newBuilder();
            shape.addDim(dim.isKnown() ? to.setDimValue(dim.size()) : to.setDimParam(dim.name()));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(value.type().onnx())
                                .setShape(shape)))
                .build();
    }

    private static NodeProto node(Node node, Map<String, String> names, Set<String> read) {
        NodeProto.Builder to = NodeProto.newBuilder()
                .setOpType(node.op().type())
                .setDomain(node.op().domain())
                .setName(node.outputs().get(0).name);
        int last = node.inputs().size();
        while (last > 0 && node.inputs().get(last - 1) == null) {
            last--;
        }
        node.inputs()
                .subList(0, last)
                .forEach(input -> to.addInput(input == null ? "" : names.getOrDefault(input.name, input.name)));
        // An output without a name is not computed. Loop and If need all of their own, and so does the runtime's Split,
        // which ends the process otherwise.
        Map<String, Graph> bodies = node.attributes().bodies();
        boolean all = !bodies.isEmpty() || node.op() == Op.SPLIT;
        node.outputs()
                .forEach(output -> to.addOutput(
                        all || read.contains(output.name) ? names.getOrDefault(output.name, output.name) : ""));
        node.attributes().settings().values().forEach(to::addAttribute);
        bodies.forEach((name, body) -> {
            GraphProto.Builder inside = GraphProto.newBuilder().setName(name);
            write(body, names, inside, false);
            to.addAttribute(AttributeProto.newBuilder()
                    .setName(name)
                    .setType(AttributeProto.AttributeType.GRAPH)
                    .setG(inside));
        });
        return to.build();
    }
}
