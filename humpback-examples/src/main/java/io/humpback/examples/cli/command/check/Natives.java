package io.humpback.examples.cli.command.check;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.humpback.Scorer;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.nano.Nano;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the native libraries run, found out by running the small model that comes with the program. */
final class Natives {

    /** What a part of a message means for people. */
    private static final Map<String, String> MEANINGS = new LinkedHashMap<>();

    static {
        MEANINGS.put("libcudnn", "cuDNN 9 is not installed, or not in the path of libraries");
        MEANINGS.put("libcublas", "the libraries of CUDA 12 are not installed, or not in the path of libraries");
        MEANINGS.put("libcudart", "the libraries of CUDA 12 are not installed, or not in the path of libraries");
        MEANINGS.put("libcufft", "the libraries of CUDA 12 are not installed, or not in the path of libraries");
        MEANINGS.put("libcurand", "the libraries of CUDA 12 are not installed, or not in the path of libraries");
        MEANINGS.put("driver version is insufficient", "the NVIDIA driver is older than CUDA 12 needs: update it");
        MEANINGS.put("no CUDA-capable device", "there is no NVIDIA GPU, or the process may not use it");
        MEANINGS.put("GLIBC", "the system's C library is older than the native library needs; musl (Alpine) is none");
        MEANINGS.put("ld-linux", "the system's C library is not glibc: musl (Alpine) does not run it");
        MEANINGS.put("libstdc++", "the C++ runtime is missing: install libstdc++6");
        MEANINGS.put("failed to map segment", "the temporary folder is mounted noexec: -Djava.io.tmpdir=DIR elsewhere");
        MEANINGS.put("No space left", "the disk of the temporary folder is full: -Djava.io.tmpdir=DIR elsewhere");
        MEANINGS.put("dependent libraries", "install the Visual C++ Redistributable");
        MEANINGS.put("wrong ELF class", "a JVM of 64 bits for this processor is needed");
        MEANINGS.put("cannot open shared object file", "install the library that is named");
    }

    private Natives() {}

    /** {@return null if the runtime and the tokenizers run, else the reason in a line} */
    static @Nullable String fault(Device device, Precision precision) {
        try {
            Path nano = Nano.resolve(Path.of(Nano.NAME));
            LoadOptions options =
                    LoadOptions.defaults().device(device).precision(precision).caching(false);
            try (OnnxModel model = OnnxModel.load(nano, options)) {
                Scorer.using(model).score("Who bakes in Tal?", "Old Mara bakes in Tal.");
                return null;
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            return explained(Failure.line(e));
        }
    }

    /** {@return a failure, followed by what it means if that is known} */
    static String explained(String line) {
        return MEANINGS.entrySet().stream()
                .filter(entry -> line.contains(entry.getKey()))
                .findFirst()
                .map(entry -> line + ": " + entry.getValue())
                .orElse(line);
    }

    /** {@return whether the runtime at hand is the one with CUDA; asked only after it has run} */
    static boolean hasCuda() {
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
    }

    /** {@return the runtime's version; asked only after it has run} */
    static String version() {
        return OrtEnvironment.getEnvironment().getVersion();
    }
}
