package io.humpback.onnx.cuda;

import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** A Llama of zeros in BF16 with the vocabulary of Llama 3. */
final class ZeroCheckpoint {

    static final LlamaConfig CONFIG = new LlamaConfig(
            128_256,
            128,
            256,
            2,
            4,
            2,
            64,
            8192,
            new LlamaConfig.Features(1e-5, true, new Rope(500_000, null)),
            OptionalInt.of(1),
            List.of(2),
            DType.BF16);

    private ZeroCheckpoint() {}

    /** {@return the folder, which is there and empty, with the checkpoint} */
    static Path write(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llama", "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d,
                 "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d,
                 "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
                 "rope_theta": 500000.0, "bos_token_id": 1, "eos_token_id": [2]}
                """.formatted(
                        CONFIG.vocabSize(),
                        CONFIG.hiddenSize(),
                        CONFIG.intermediateSize(),
                        CONFIG.layers(),
                        CONFIG.heads(),
                        CONFIG.kvHeads(),
                        CONFIG.headDim()));
        SafetensorsWriter writer = new SafetensorsWriter();
        CONFIG.forEachTensor((name, shape) -> {
            long elements = 1;
            for (long size : shape) {
                elements *= size;
            }
            ByteBuffer zeros = ByteBuffer.allocate(Math.toIntExact(DType.BF16.bytes(elements)));
            writer.add(name.toString(), DType.BF16, shape, channel -> channel.write(zeros.duplicate()));
        });
        writer.write(folder.resolve("model.safetensors"));
        return folder;
    }
}
