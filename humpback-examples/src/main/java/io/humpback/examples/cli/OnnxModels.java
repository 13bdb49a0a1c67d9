package io.humpback.examples.cli;

import io.humpback.model.LanguageModel;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Models run by ONNX Runtime. */
public final class OnnxModels implements Models {

    @Override
    public LanguageModel load(Path path, LoadOptions options) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        return OnnxModel.load(path, options);
    }
}
