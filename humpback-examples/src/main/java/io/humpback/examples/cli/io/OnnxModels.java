package io.humpback.examples.cli.io;

import io.humpback.examples.nano.Nano;
import io.humpback.hub.Hub;
import io.humpback.model.LanguageModel;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Models run by ONNX Runtime: those that lie at a path, and the one that comes with the program. */
public final class OnnxModels implements Models {

    private final @Nullable Hub hub;

    /** With the hub that the process's environment names. */
    public OnnxModels() {
        hub = null;
    }

    /** With a hub. */
    public OnnxModels(Hub hub) {
        this.hub = hub;
    }

    @Override
    public Hub hub() throws IOException {
        return hub == null ? Hub.ofEnvironment() : hub;
    }

    @Override
    public LanguageModel load(Path path, LoadOptions options) throws IOException {
        Path found = Nano.resolve(path);
        if (!Files.exists(found)) {
            throw new NoSuchFileException(path.toString());
        }
        return OnnxModel.load(found, options);
    }
}
