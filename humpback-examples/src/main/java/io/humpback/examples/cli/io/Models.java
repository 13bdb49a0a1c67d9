package io.humpback.examples.cli.io;

import io.humpback.hub.Hub;
import io.humpback.model.LanguageModel;
import io.humpback.model.RewardModel;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxRewardModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Loads the models that commands ask for. */
@FunctionalInterface
public interface Models {

    /**
     * {@return where names such as {@code org/name} are looked up}
     *
     * @throws IOException if the environment does not say it in a way that can be understood
     */
    default Hub hub() throws IOException {
        return Hub.ofEnvironment();
    }

    /**
     * {@return a loaded model, to be closed by the caller}
     *
     * @throws IOException if it cannot be read
     */
    LanguageModel load(Path path, LoadOptions options) throws IOException;

    /**
     * {@return a loaded reward model, to be closed by the caller}
     *
     * @throws IOException if it cannot be read
     */
    default RewardModel loadReward(Path path, LoadOptions options) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        return OnnxRewardModel.load(path, options);
    }
}
