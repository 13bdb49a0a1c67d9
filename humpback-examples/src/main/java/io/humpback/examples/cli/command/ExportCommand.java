package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.nano.Nano;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Folders;
import io.humpback.onnx.OnnxExport;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A checkpoint in, an ONNX folder out. */
@Command(
        name = "export",
        sortOptions = false,
        description = "Writes a checkpoint as an ONNX folder that ONNX Runtime opens, and --model too.")
public final class ExportCommand extends ReportingCommand {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "M",
            description = "A Hugging Face folder, a .gguf file, nano, or org/name on the hub.")
    private String model;

    @Option(names = "--adapter", paramLabel = "DIR", description = "An adapter to be merged into the weights.")
    private @Nullable Path adapter;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The folder to be made; must not exist.")
    private Path out;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "bf16",
            description = "${COMPLETION-CANDIDATES}, in any case; ${DEFAULT-VALUE} by default.")
    private Precision precision = Precision.BF16;

    @Override
    protected ObjectNode execute() throws IOException {
        long start = System.nanoTime();
        Path folder = out.toAbsolutePath();
        if (Files.exists(folder)) {
            throw new FileAlreadyExistsException(folder.toString());
        }
        Path part = AtomicFiles.temporary(folder);
        try {
            OnnxExport.write(Nano.resolve(HubFiles.model(command(), model)), adapter, part, precision);
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Folders.delete(part);
        }
        return JsonLines.row()
                .put("out", folder.toString())
                .put("precision", precision.key())
                .put("bytes", size(folder))
                .put("seconds", (System.nanoTime() - start) / 1e9);
    }

    private static long size(Path folder) throws IOException {
        long bytes = 0;
        for (Path file : list(folder)) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
