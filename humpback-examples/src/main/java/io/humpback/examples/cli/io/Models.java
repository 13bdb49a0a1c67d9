package io.humpback.examples.cli.io;

import io.humpback.model.LanguageModel;
import io.humpback.onnx.LoadOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Loads the models that commands ask for. */
@FunctionalInterface
public interface Models {

    /**
     * {@return a loaded model, to be closed by the caller}
     *
     * @throws IOException if it cannot be read
     */
    LanguageModel load(Path path, LoadOptions options) throws IOException;
}
