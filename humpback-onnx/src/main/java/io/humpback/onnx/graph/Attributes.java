package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings of a node by ONNX's names, and for a loop the graph of an iteration. Immutable. */
record Attributes(
        SortedMap<String, AttributeProto> settings,
        @Nullable Graph body) {

    static final Attributes NONE = new Attributes(Collections.emptySortedMap(), null);

    static Attributes body(Graph body) {
        return new Attributes(Collections.emptySortedMap(), body);
    }

    static Attributes axis(long axis) {
        return NONE.with("axis", axis);
    }

    Attributes with(String name, long value) {
        return with(name, AttributeType.INT, proto -> proto.setI(value));
    }

    Attributes with(String name, boolean value) {
        return with(name, value ? 1 : 0);
    }

    Attributes with(String name, float value) {
        return with(name, AttributeType.FLOAT, proto -> proto.setF(value));
    }

    Attributes with(String name, String value) {
        return with(name, AttributeType.STRING, proto -> proto.setS(ByteString.copyFromUtf8(value)));
    }

    Attributes with(String name, int... values) {
        return with(name, AttributeType.INTS, proto -> {
            for (int value : values) {
                proto.addInts(value);
            }
        });
    }

    Attributes with(String name, TensorProto value) {
        return with(name, AttributeType.TENSOR, proto -> proto.setT(value));
    }

    private Attributes with(String name, AttributeType type, Consumer<AttributeProto.Builder> value) {
        AttributeProto.Builder proto = AttributeProto.newBuilder().setName(name).setType(type);
        value.accept(proto);
        SortedMap<String, AttributeProto> more = new TreeMap<>(settings);
        more.put(name, proto.build());
        return new Attributes(Collections.unmodifiableSortedMap(more), body);
    }

    long integer(String name) {
        return get(name).getI();
    }

    boolean flag(String name) {
        return integer(name) != 0;
    }

    float real(String name) {
        return get(name).getF();
    }

    int[] integers(String name) {
        return get(name).getIntsList().stream().mapToInt(Math::toIntExact).toArray();
    }

    private AttributeProto get(String name) {
        return requireNonNull(settings.get(name), name);
    }
}
