package io.humpback.onnx;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.llama.AdapterInputs;
import io.humpback.onnx.peft.AdapterFolder;
import io.humpback.onnx.peft.AdapterOrigin;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.weights.ModelSource;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A model's second session, whose graph has inputs for an adapter; all adapters of the model share it. The first session is
 * without them since they would slow it down: a step that writes one token takes as long as its nodes are many.
 */
final class AdaptableModel implements AutoCloseable {

    private final Path path;
    private final String fingerprint;
    private final LoadOptions options;
    private final LlamaConfig config;
    private final AdapterOrigin origin;
    private final AdapterInputs inputs;
    private final StepDecoder decoder;

    private AdaptableModel(
            Path path,
            String fingerprint,
            LoadOptions options,
            LlamaConfig config,
            AdapterOrigin origin,
            AdapterInputs inputs,
            StepDecoder decoder) {
        this.path = path;
        this.fingerprint = fingerprint;
        this.options = options;
        this.config = config;
        this.origin = origin;
        this.inputs = inputs;
        this.decoder = decoder;
    }

    /**
     * {@return the second session of a model, opened from its checkpoint; refused if that has changed since the model
     * was loaded}
     */
    static AdaptableModel open(Path path, String fingerprint, LoadOptions options) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            AdapterOrigin origin = AdapterFolder.origin(checkpoint);
            AdapterInputs inputs = options.precision() == Precision.INT8
                    ? AdapterInputs.rotated(checkpoint)
                    : AdapterInputs.of(checkpoint);
            StepDecoder decoder = open(checkpoint, fingerprint, options, LoadedModel::stepDecoder);
            return new AdaptableModel(path, fingerprint, options, checkpoint.config(), origin, inputs, decoder);
        }
    }

    private static <T> T open(
            Checkpoint checkpoint, String fingerprint, LoadOptions options, ConvertedModel.Opener<T> opener)
            throws IOException {
        if (!fingerprint.equals(OnnxExport.fingerprint(checkpoint, null, options.precision()))) {
            throw new ModelException(checkpoint.path() + ": has changed since the model was loaded");
        }
        return ConvertedModel.open(ModelSource.of(checkpoint).takingAdapters(), null, options, opener);
    }

    /** Frees the session's memory; it is opened again when it is needed. */
    void release() {
        decoder.release(user -> {
            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                open(checkpoint, fingerprint, options, (model, with) -> {
                    user.accept(model.graph());
                    return model;
                });
            }
        });
    }

    /** {@return a decoder with the adapter in a folder, which shares the session} */
    StepDecoder with(Path folder) throws IOException {
        return decoder.with(inputs.of(AdapterFolder.read(folder, config, origin)));
    }

    @Override
    public void close() {
        decoder.close();
    }
}
