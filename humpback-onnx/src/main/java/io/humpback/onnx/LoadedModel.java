package io.humpback.onnx;

import io.humpback.model.Adapter;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.run.CudaDevice;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What lives as long as a model: its decoder and its tokenizer, and the session for adapters once there is one. */
final class LoadedModel implements AutoCloseable {

    private final Path path;
    private final LoadOptions options;
    private final ModelFacts facts;
    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final PromptEncoder encoder;
    private @Nullable AdaptableModel adaptable;
    private boolean closed;

    private LoadedModel(
            Path path,
            LoadOptions options,
            ModelFacts facts,
            Decoder decoder,
            Tokenizer tokenizer,
            PromptEncoder encoder) {
        this.path = path;
        this.options = options;
        this.facts = facts;
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.encoder = encoder;
    }

    /** {@return the model that writes text at a path, see {@link OnnxModel#load(Path, LoadOptions)}} */
    static LoadedModel load(Path path, LoadOptions options) throws IOException {
        return load(path, options, false);
    }

    /** {@return the reward model at a path, see {@link OnnxRewardModel#load(Path, LoadOptions)}} */
    static LoadedModel loadReward(Path path, LoadOptions options) throws IOException {
        return load(path, options, true);
    }

    private static LoadedModel load(Path path, LoadOptions options, boolean rewards) throws IOException {
        if (options.device().isCuda()) {
            boolean bfloat16 = !ForeignModel.isAt(path) && options.precision() != Precision.FP32;
            CudaDevice.usable(options.device().cuda(), bfloat16);
        }
        Path adapter = options.adapter().orElse(null);
        if (adapter != null && !PeftAdapter.isAt(adapter)) {
            return load(Adapter.at(adapter).folder(), options.adapter(Optional.empty()), rewards);
        }
        if (ForeignModel.isAt(path)) {
            if (adapter != null) {
                throw noAdapters(path);
            }
            ForeignModel foreign = ForeignModel.read(path, options.chosenPrecision());
            requireKind(path, rewards, foreign.reward());
            return open(path, foreign, options, foreign::decoder);
        }
        if (ExportedModel.isAt(path)) {
            if (adapter != null) {
                throw noAdapters(path);
            }
            if (options.device().isCuda()) {
                throw new ModelException(
                        path + ": exported for the CPU, expected a checkpoint for " + options.device());
            }
            ExportedModel exported = ExportedModel.read(path);
            requireKind(path, rewards, exported.reward());
            return open(path, exported.proved(), options, with -> decoder(exported, with));
        }
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            requireKind(path, rewards, checkpoint.config().features().reward());
            return ConvertedModel.open(
                    OnnxExport.source(checkpoint, adapter),
                    adapter,
                    options,
                    (model, with) -> open(path, model, with, opening -> decoder(model, opening)));
        }
    }

    private static void requireKind(Path path, boolean rewards, LlamaConfig.@Nullable Reward found) {
        if (!rewards && found != null) {
            throw new ModelException(path + ": a reward model (" + found.architecture()
                    + "), which rates and does not write: expected a model that writes text");
        }
        if (rewards && found == null) {
            throw new ModelException(path + ": a model that writes text, expected a reward model, such as a"
                    + " LlamaForSequenceClassification with one label");
        }
    }

    private static LoadedModel open(
            Path path, ModelFacts facts, LoadOptions options, Function<LoadOptions, Decoder> decoders) {
        // takes as long as a session that has nothing to convert
        CompletableFuture<Tokenizer> opening =
                CompletableFuture.supplyAsync(() -> ModelFiles.namingModel(path, facts.texts()::tokenizer));
        Decoder decoder = null;
        try {
            decoder = decoders.apply(options);
            Tokenizer tokenizer = opened(opening);
            PromptEncoder encoder = PromptEncoder.of(
                    tokenizer, ModelFiles.namingModel(path, () -> facts.texts().templates(tokenizer)));
            return new LoadedModel(path, options, facts, decoder, tokenizer, encoder);
        } catch (RuntimeException | Error e) {
            opening.thenAccept(Tokenizer::close);
            if (decoder != null) {
                decoder.close();
            }
            throw e;
        }
    }

    private static Tokenizer opened(CompletableFuture<Tokenizer> opening) {
        try {
            return opening.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            } else if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static Decoder decoder(ExportedModel exported, LoadOptions options) {
        Device device = options.device();
        if (!device.isCuda()) {
            return stepDecoder(exported, options);
        }
        return exported.decoderOn(CudaDevice.usable(device.cuda(), false), options.prefixSharing(), options.batch());
    }

    static StepDecoder stepDecoder(ExportedModel exported, LoadOptions options) {
        Device device = options.device();
        return StepDecoder.open(exported.graph(), device.cuda(), device.threads(), options.prefixSharing());
    }

    private static ModelException noAdapters(Path exported) {
        return new ModelException(
                exported + ": an exported model takes no adapters, expected the checkpoint it was made of");
    }

    Path path() {
        return path;
    }

    LoadOptions options() {
        return options;
    }

    ModelFacts facts() {
        return facts;
    }

    Decoder decoder() {
        return decoder;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    PromptEncoder encoder() {
        return encoder;
    }

    int contextLength() {
        return Math.min(options.contextLength(), facts.contextLength());
    }

    /** {@return the session that takes adapters, opened at the first call} */
    synchronized AdaptableModel adaptable() throws IOException {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
        if (adaptable == null) {
            if (ForeignModel.isAt(path) || ExportedModel.isAt(path)) {
                throw noAdapters(path);
            }
            adaptable = AdaptableModel.open(path, facts.fingerprint(), options);
        }
        return adaptable;
    }

    /** Frees the memory of both sessions, which are opened again when they are needed. */
    synchronized void release() {
        if (!closed) {
            decoder.release(this::graph);
            if (adaptable != null) {
                adaptable.release();
            }
        }
    }

    /** Gives the graph once more. */
    private void graph(Consumer<Path> user) throws IOException {
        if (ExportedModel.isAt(path)) {
            user.accept(same(ExportedModel.read(path).proved()).graph());
            return;
        }
        Path adapter = options.adapter().orElse(null);
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            ConvertedModel.open(OnnxExport.source(checkpoint, adapter), adapter, options, (model, with) -> {
                user.accept(same(model).graph());
                return model;
            });
        }
    }

    private ExportedModel same(ExportedModel model) {
        if (!model.fingerprint().equals(facts.fingerprint())) {
            throw new ModelException(path + ": has changed since the model was loaded");
        }
        return model;
    }

    @Override
    public synchronized void close() {
        closed = true;
        // in reverse order, each even if another fails
        try (tokenizer;
                decoder) {
            if (adaptable != null) {
                adaptable.close();
            }
        }
    }
}
