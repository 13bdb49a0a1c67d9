/**
 * Models for {@code io.humpback} that run on ONNX Runtime: checkpoints in, graphs built, sessions run, adapters trained.
 * Only {@link io.humpback.onnx} is API.
 */
// ONNX Runtime, DJL and Tribuo have no descriptor
@SuppressWarnings({"module", "requires-automatic"})
module io.humpback.onnx {
    requires transitive io.humpback;
    requires static transitive org.jspecify;
    requires ai.djl.api;
    requires ai.djl.tokenizers;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.google.protobuf;
    requires com.microsoft.onnxruntime;
    requires com.sun.jna;
    requires java.management;
    requires jdk.management;
    requires org.tribuo.util.onnx;

    // what those without descriptor need and cannot say
    requires com.google.gson;
    requires org.slf4j;

    exports io.humpback.onnx;
    exports io.humpback.onnx.cache to
            io.humpback.examples;
    exports io.humpback.onnx.checkpoint to
            io.humpback.examples;
    exports io.humpback.onnx.peft to
            io.humpback.examples;
    exports io.humpback.onnx.text to
            io.humpback.examples;
}
