package io.humpback.onnx;

import java.util.stream.Stream;

/** The families beside Llama of which there is a small random model among the reference data. */
public final class Families {

    private Families() {}

    public static Stream<String> all() {
        return Stream.of(
                "qwen2",
                "qwen2-window",
                "qwen3",
                "smollm3",
                "mistral",
                "mistral-window",
                "phi3",
                "granite",
                "gemma3",
                "llama-linear",
                "llama-yarn",
                "llama-bias");
    }
}
