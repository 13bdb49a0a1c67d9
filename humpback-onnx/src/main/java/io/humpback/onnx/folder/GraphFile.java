package io.humpback.onnx.folder;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks a graph of unknown origin before the runtime opens it: its weights must lie in files beside it, within their
 * lengths, and those files must not be links, other than those of the hub's cache. Names of files in a graph have been used to read others (CVE-2026-27489 and others).
 */
public final class GraphFile {

    /** A graph without weights is small. */
    private static final long MAX_BYTES = 64L << 20;

    /** The name of a file without a path. */
    private static final Pattern PLAIN = Pattern.compile("\\w[\\w.\\-]*");

    private final Path graph;
    private final @Nullable String expected;
    private final Set<Path> weights = new LinkedHashSet<>();
    private final Set<String> operators = new HashSet<>();

    /** @param expected the one file that may hold weights; null for any file beside the graph */
    private GraphFile(Path graph, @Nullable String expected) {
        this.graph = graph;
        this.expected = expected;
    }

    /**
     * What was found in a graph.
     *
     * @param weights the files beside it that hold weights, in their order
     * @param operators names of all operators
     */
    public record Content(List<Path> weights, Set<String> operators) {}

    /**
     * Checks an ONNX file that may hold weights itself, or read them from any files beside it; refuses one that reads
     * anything else.
     */
    public static Content check(Path graph) throws IOException {
        GraphFile file = new GraphFile(graph, null);
        file.check(GraphSkeleton.read(graph, MAX_BYTES));
        return new Content(List.copyOf(file.weights), Set.copyOf(file.operators));
    }

    /**
     * Checks an ONNX file that may read weights from one file in its folder; refuses one that reads anything else.
     *
     * @return its metadata
     */
    public static Map<String, String> check(Path graph, String weights) throws IOException {
        long size = Files.size(graph);
        if (size > MAX_BYTES) {
            throw new ModelException(graph + ": " + size + " bytes, expected at most " + MAX_BYTES);
        }
        try {
            ModelProto model = ModelProto.parseFrom(Files.readAllBytes(graph));
            new GraphFile(graph, weights).check(model);
            Map<String, String> metadata = new HashMap<>();
            model.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
            return metadata;
        } catch (InvalidProtocolBufferException e) {
            throw new ModelException(graph + ": not an ONNX graph", e);
        }
    }

    private void check(ModelProto model) {
        check(model.getGraph());
        model.getFunctionsList().forEach(function -> checkNodes(function.getNodeList()));
        model.getTrainingInfoList().forEach(training -> {
            check(training.getInitialization());
            check(training.getAlgorithm());
        });
    }

    private void check(GraphProto part) {
        part.getInitializerList().forEach(this::check);
        part.getSparseInitializerList().forEach(this::check);
        checkNodes(part.getNodeList());
    }

    private void checkNodes(List<NodeProto> nodes) {
        for (NodeProto node : nodes) {
            operators.add(node.getOpType());
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
        Path file = null;
        long offset = 0;
        long length = 0;
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            String value = entry.getValue();
            switch (entry.getKey()) {
                case "location" -> {
                    if (expected == null ? !PLAIN.matcher(value).matches() : !value.equals(expected)) {
                        throw refusal(tensor, "location \"" + value + "\", expected " + expectation());
                    }
                    file = graph.resolveSibling(value);
                }
                case "offset" -> offset = number(tensor, entry);
                case "length" -> length = number(tensor, entry);
                default ->
                    throw refusal(
                            tensor, "external data \"" + entry.getKey() + "\", expected location, offset, length");
            }
        }
        if (file == null) {
            throw refusal(tensor, "no location, expected " + expectation());
        }
        try {
            if (weights.add(file) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && !isInHubCache(file)) {
                throw new ModelException(file + ": expected a file that is no link");
            }
            if (offset > Files.size(file) - length) {
                throw new ModelException(file + ": " + Files.size(file) + " bytes, expected " + length + " at " + offset
                        + " for " + tensor.getName());
            }
        } catch (IOException e) {
            throw new ModelException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * {@return whether a file is a link of the hub's cache, where those of a repository's {@code snapshots} lead to files in
     * its {@code blobs}}
     */
    private static boolean isInHubCache(Path file) throws IOException {
        for (Path at = file.toAbsolutePath().getParent(); at != null && Files.exists(file); at = at.getParent()) {
            Path blobs = at.resolveSibling("blobs");
            if (at.endsWith("snapshots") && Files.isDirectory(blobs, LinkOption.NOFOLLOW_LINKS)) {
                Path real = file.toRealPath();
                return blobs.toRealPath().equals(real.getParent()) && Files.isRegularFile(real);
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

    private String expectation() {
        return expected == null ? "the plain name of a file beside it" : expected;
    }

    private ModelException refusal(TensorProto tensor, String found) {
        return Refusal.of(graph, "tensor " + tensor.getName() + ": " + found);
    }
}
