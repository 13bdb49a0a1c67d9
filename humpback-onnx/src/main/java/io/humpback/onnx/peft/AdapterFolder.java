package io.humpback.onnx.peft;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.text.ChatTemplates;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Adapters with what is known of their origin. */
public final class AdapterFolder {

    private static final System.Logger LOG = System.getLogger(AdapterFolder.class.getName());

    private AdapterFolder() {}

    /**
     * {@return the adapter in a folder}
     *
     * @param folder in PEFT's format
     * @param base the checkpoint that it is for
     * @throws io.humpback.model.ModelException if it does not fit the base, or was trained with another chat template; the message names the
     *     tensor or setting
     * @throws IOException if it cannot be read
     */
    public static PeftAdapter read(Path folder, Checkpoint base) throws IOException {
        return read(folder, base.config(), origin(base));
    }

    /** As above; {@code here} is the origin of adapters trained on the base. */
    public static PeftAdapter read(Path folder, LlamaConfig base, AdapterOrigin here) throws IOException {
        Optional<AdapterOrigin> origin = AdapterOrigin.read(folder);
        if (origin.isPresent() && !origin.get().fits(folder, here)) {
            LOG.log(
                    Level.WARNING,
                    "{0}: trained on the checkpoint of SHA-256 {1}, used with {2}, which has the same sizes",
                    folder,
                    origin.get().base(),
                    here.base());
        }
        return PeftAdapter.read(folder, base);
    }

    /**
     * Writes an adapter and its origin; each file appears whole or not at all, and what makes the folder an adapter last.
     *
     * @param adapter trained on the base
     * @param folder is made where there is none
     * @param base the checkpoint that it was trained on
     * @throws IOException if that fails
     */
    public static void write(PeftAdapter adapter, Path folder, Checkpoint base) throws IOException {
        Files.createDirectories(folder);
        origin(base).write(folder);
        adapter.write(folder, base.config());
    }

    /** {@return the origin of adapters trained on a checkpoint} */
    public static AdapterOrigin origin(Checkpoint base) {
        return AdapterOrigin.of(base, template(base.text()).orElse(null));
    }

    /** {@return the chat template of a checkpoint, if it has one} */
    public static Optional<String> template(TextFiles text) {
        return text.ggufMetadata() != null
                ? ChatTemplates.findInGguf(text.ggufMetadata())
                : ChatTemplates.find(text.chatTemplateJinja(), text.tokenizerConfigJson());
    }
}
