package io.humpback.onnx.folder;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Refusal;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Reads an ONNX file without the numbers of its weights, which may be most of two gigabytes. */
final class GraphSkeleton {

    /** Larger messages are none. */
    private static final long MOST = Integer.MAX_VALUE;

    /** The fields of a tensor that hold its numbers. */
    private static final Set<Integer> NUMBERS = Set.of(
            TensorProto.FLOAT_DATA_FIELD_NUMBER,
            TensorProto.INT32_DATA_FIELD_NUMBER,
            TensorProto.STRING_DATA_FIELD_NUMBER,
            TensorProto.INT64_DATA_FIELD_NUMBER,
            TensorProto.RAW_DATA_FIELD_NUMBER,
            TensorProto.DOUBLE_DATA_FIELD_NUMBER,
            TensorProto.UINT64_DATA_FIELD_NUMBER);

    private final Path file;
    private final CodedInputStream in;
    private final long most;
    private long skipped;

    private GraphSkeleton(Path file, CodedInputStream in, long most) {
        this.file = file;
        this.in = in;
        this.most = most;
    }

    /**
     * {@return the model in a file, in which the numbers of the graph's initializers are left out}
     *
     * @param most bytes of all else
     */
    static ModelProto read(Path file, long most) throws IOException {
        long size = Files.size(file);
        if (size > MOST) {
            throw new ModelException(file + ": " + size + " bytes, expected at most " + MOST);
        }
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            CodedInputStream in = CodedInputStream.newInstance(bytes);
            in.setSizeLimit(Integer.MAX_VALUE);
            return new GraphSkeleton(file, in, most).model();
        } catch (InvalidProtocolBufferException e) {
            throw new ModelException(file + ": not an ONNX graph", e);
        }
    }

    private ModelProto model() throws IOException {
        UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
        GraphProto.Builder graph = GraphProto.newBuilder();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == message(ModelProto.GRAPH_FIELD_NUMBER)) {
                int before = begin();
                graph.mergeFrom(graph());
                in.popLimit(before);
            } else {
                keep(rest, tag);
            }
        }
        return ModelProto.parseFrom(rest.build().toByteString()).toBuilder()
                .setGraph(graph)
                .build();
    }

    private GraphProto graph() throws IOException {
        UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
        GraphProto.Builder graph = GraphProto.newBuilder();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == message(GraphProto.INITIALIZER_FIELD_NUMBER)) {
                int before = begin();
                graph.addInitializer(tensor());
                in.popLimit(before);
            } else {
                keep(rest, tag);
            }
        }
        return graph.mergeFrom(rest.build().toByteString()).build();
    }

    private TensorProto tensor() throws IOException {
        UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (NUMBERS.contains(WireFormat.getTagFieldNumber(tag))) {
                int from = in.getTotalBytesRead();
                in.skipField(tag);
                skipped += in.getTotalBytesRead() - from;
            } else {
                keep(rest, tag);
            }
        }
        return TensorProto.parseFrom(rest.build().toByteString());
    }

    private static int message(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    private int begin() throws IOException {
        return in.pushLimit(in.readRawVarint32());
    }

    private void keep(UnknownFieldSet.Builder rest, int tag) throws IOException {
        if (!rest.mergeFieldFrom(tag, in)) {
            throw new InvalidProtocolBufferException("a group ends that has not begun");
        }
        long kept = in.getTotalBytesRead() - skipped;
        if (kept > most) {
            throw Refusal.of(file, "more than " + most + " bytes beside the weights, expected at most " + most);
        }
    }
}
