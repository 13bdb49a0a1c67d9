package io.humpback.onnx;

import io.humpback.model.Continuation;
import io.humpback.model.Listener;
import io.humpback.model.Listener.Task;
import io.humpback.model.ModelException;
import io.humpback.model.RewardModel;
import io.humpback.onnx.checkpoint.LlamaConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A checkpoint of a Llama, or of a family that differs from it in details, with one number in place of its output
 * projection: {@code LlamaForSequenceClassification}, {@code Qwen3ForSequenceClassification} and the like with one label, such
 * as Skywork-Reward-V2 (Liu et al. 2025, arXiv 2507.01352). The number is read at the last token that is not padding, as
 * transformers does. Safe for use from many threads, which take turns as those of an {@link OnnxModel} do.
 */
public final class OnnxRewardModel implements RewardModel {

    private final LoadedModel loaded;
    private final ModelInputs inputs;
    private final Listener listener;

    private OnnxRewardModel(LoadedModel loaded, Listener listener) {
        this.loaded = loaded;
        this.listener = listener;
        inputs = new ModelInputs(loaded.encoder(), loaded.facts().vocabulary(), loaded.contextLength());
    }

    /**
     * {@return a model with the default options}
     *
     * @param path a Hugging Face folder, or a folder that {@link OnnxExport} wrote
     * @throws IOException if reading fails
     * @throws ModelException if it is no reward model that can be run; the message names the file and what was found
     */
    public static OnnxRewardModel load(Path path) throws IOException {
        return load(path, LoadOptions.defaults());
    }

    /**
     * {@return a model}
     *
     * @param path a Hugging Face folder, or a folder that {@link OnnxExport} wrote
     * @param options how to load it; adapters are refused
     * @throws IOException if reading fails
     * @throws ModelException if it is no reward model that can be run, or the device is not there
     */
    public static OnnxRewardModel load(Path path, LoadOptions options) throws IOException {
        return new OnnxRewardModel(LoadedModel.loadReward(path, options), Listener.NONE);
    }

    @Override
    public Stream<Double> reward(Stream<Continuation> turns) {
        CallMeter meter = new CallMeter(Task.REWARD, listener);
        return OnnxModel.stream(
                new BatchIterator<>(
                        turns.iterator(),
                        loaded.decoder().preferredBatch(),
                        (Continuation turn, long item) -> inputs.turn(turn, padId(), item),
                        loaded.decoder()::next,
                        (ids, computed) -> {
                            meter.add(1, ids.length, computed.shared(), 0);
                            return (double) computed.values()[0];
                        }),
                turns);
    }

    private OptionalInt padId() {
        LlamaConfig.Reward reward = Objects.requireNonNull(loaded.facts().reward());
        return reward.padId();
    }

    @Override
    public int countTokens(Continuation turn) {
        return inputs.turn(turn, padId()).length;
    }

    @Override
    public int contextLength() {
        return loaded.contextLength();
    }

    @Override
    public String fingerprint() {
        return loaded.facts().fingerprint();
    }

    @Override
    public OnnxRewardModel listening(Listener other) {
        return new OnnxRewardModel(loaded, Objects.requireNonNull(other, "listener"));
    }

    @Override
    public void close() {
        loaded.close();
    }

    @Override
    public String toString() {
        return "reward model " + fingerprint() + " in " + loaded.facts().precision() + " on "
                + loaded.options().device();
    }
}
