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

/** The settings of a node and the graphs within it, by ONNX's names. Immutable. */
record Attributes(SortedMap<String, AttributeProto> settings, SortedMap<String, Graph> bodies) {

    static final Attributes NONE = new Attributes(Collections.emptySortedMap(), Collections.emptySortedMap());

    Attributes with(String name, Graph body) {
        SortedMap<String, Graph> more = new TreeMap<>(bodies);
        more.put(name, body);
        return new Attributes(settings, Collections.unmodifiableSortedMap(more));
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
        return new Attributes(Collections.unmodifiableSortedMap(more), bodies);
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
