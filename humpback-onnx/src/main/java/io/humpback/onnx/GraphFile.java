package io.humpback.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks a graph of unknown origin before the runtime opens it: its weights must lie in one known file of its folder,
 * within its length, and that file must not be a link. Names of files in a graph have been used to read others (CVE-2026-27489 and others).
 */
final class GraphFile {

    /** A graph without weights is small. */
    private static final long MAX_BYTES = 64L << 20;

    private final Path graph;
    private final Path weights;

    private GraphFile(Path graph, Path weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /**
     * Checks an ONNX file that may read weights from one file in its folder; refuses one that reads anything else.
     *
     * @return its metadata
     */
    static Map<String, String> check(Path graph, String weights) throws IOException {
        long size = Files.size(graph);
        if (size > MAX_BYTES) {
            throw new ModelException(graph + ": " + size + " bytes, expected at most " + MAX_BYTES);
        }
        try {
            ModelProto model = ModelProto.parseFrom(Files.readAllBytes(graph));
            GraphFile file = new GraphFile(graph, graph.resolveSibling(weights));
            file.check(model.getGraph());
            model.getFunctionsList().forEach(function -> file.checkNodes(function.getNodeList()));
            model.getTrainingInfoList().forEach(training -> {
                file.check(training.getInitialization());
                file.check(training.getAlgorithm());
            });
            Map<String, String> metadata = new HashMap<>();
            model.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
            return metadata;
        } catch (InvalidProtocolBufferException e) {
            throw new ModelException(graph + ": not an ONNX graph", e);
        }
    }

    private void check(GraphProto part) {
        part.getInitializerList().forEach(this::check);
        part.getSparseInitializerList().forEach(this::check);
        checkNodes(part.getNodeList());
    }

    private void checkNodes(List<NodeProto> nodes) {
        for (NodeProto node : nodes) {
            for (AttributeProto attribute : node.getAttributeList()) {
                check(attribute.getT());
                attribute.getTensorsList().forEach(this::check);
                check(attribute.getSparseTensor());
                attribute.getSparseTensorsList().forEach(this::check);
                check(attribute.getG());
                attribute.getGraphsList().forEach(this::check);
            }
        }
    }

    private void check(SparseTensorProto tensor) {
        check(tensor.getValues());
        check(tensor.getIndices());
    }

    private void check(TensorProto tensor) {
        boolean external = tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
        if (!external && tensor.getExternalDataCount() == 0) {
            return;
        }
        boolean located = false;
        long offset = 0;
        long length = 0;
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            String value = entry.getValue();
            switch (entry.getKey()) {
                case "location" -> {
                    if (!value.equals(weights.getFileName().toString())) {
                        throw refusal(tensor, "location \"" + value + "\", expected " + weights.getFileName());
                    }
                    located = true;
                }
                case "offset" -> offset = number(tensor, entry);
                case "length" -> length = number(tensor, entry);
                default ->
                    throw refusal(
                            tensor, "external data \"" + entry.getKey() + "\", expected location, offset, length");
            }
        }
        if (!located) {
            throw refusal(tensor, "no location, expected " + weights.getFileName());
        }
        try {
            if (!Files.isRegularFile(weights, LinkOption.NOFOLLOW_LINKS) && !isBlob(weights)) {
                throw new ModelException(weights + ": expected a file that is no link");
            }
            if (offset > Files.size(weights) - length) {
                throw new ModelException(weights + ": " + Files.size(weights) + " bytes, expected " + length + " at "
                        + offset + " for " + tensor.getName());
            }
        } catch (IOException e) {
            throw new ModelException(weights + ": " + e.getMessage(), e);
        }
    }

    /** {@return whether a file is a link of the hub's cache, from a snapshot to a content in the same repository} */
    private static boolean isBlob(Path link) throws IOException {
        for (Path folder = link.getParent(); folder != null; folder = folder.getParent()) {
            if (folder.endsWith("snapshots")) {
                Path blobs = folder.resolveSibling("blobs");
                return Files.isDirectory(blobs)
                        && Files.isRegularFile(link)
                        && blobs.toRealPath().equals(link.toRealPath().getParent());
            }
        }
        return false;
    }

    private long number(TensorProto tensor, StringStringEntryProto entry) {
        String digits = entry.getValue();
        if (!digits.matches("\\d{1,18}")) {
            throw refusal(tensor, entry.getKey() + " \"" + digits + "\", expected a number");
        }
        return Long.parseLong(digits);
    }

    private ModelException refusal(TensorProto tensor, String found) {
        return new ModelException(graph + ": tensor " + tensor.getName() + ": " + found);
    }
}
