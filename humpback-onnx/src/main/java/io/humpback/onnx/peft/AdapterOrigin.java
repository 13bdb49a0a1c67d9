package io.humpback.onnx.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Sha256;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Refusal;
import io.humpback.onnx.checkpoint.Rope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter was trained on, which PEFT's files do not say: {@code humpback.json} next to {@code adapter_config.json}.
 *
 * @param template SHA-256 of the chat template's text in hexadecimal digits; "none" where there was none
 * @param config SHA-256 of the base's sizes and position embedding
 * @param base the base's {@link Checkpoint#fingerprint}
 */
public record AdapterOrigin(String template, String config, String base) {

    private static final String FILE = "humpback.json";
    private static final int MAX_FILE = 1 << 20;

    /**
     * {@return the origin of an adapter trained on a checkpoint, of which all weights are read the first time, and with
     * the text of a chat template, null for none}
     */
    public static AdapterOrigin of(Checkpoint base, @Nullable String template) {
        LlamaConfig c = base.config();
        StringBuilder sizes = new StringBuilder("llama");
        for (Object part : new Object[] {
            c.vocabSize(),
            c.hiddenSize(),
            c.intermediateSize(),
            c.layers(),
            c.heads(),
            c.kvHeads(),
            c.headDim(),
            (float) c.rmsNormEps(),
            c.tiedEmbeddings(),
            (float) c.rope().theta()
        }) {
            sizes.append('\n').append(part);
        }
        // as numbers, since a folder and a GGUF file tell the same scaling in different ways
        for (double frequency : c.rope().inverseFrequencies(c.headDim())) {
            sizes.append('\n').append(String.format(Locale.ROOT, "%.4e", frequency));
        }
        LlamaConfig.Features f = c.features();
        boolean plain = f.optional().isEmpty()
                && f.activation() == LlamaConfig.Activation.SILU
                && f.scales().equals(LlamaConfig.Scales.NONE)
                && f.sights().stream().allMatch(new LlamaConfig.Sight(c.rope(), 0)::equals);
        if (!plain) { // what llamas were hashed as stays
            sizes.append('\n').append(f.activation()).append(f.optional()).append(f.scales());
            for (int layer = 0; layer < c.layers(); layer++) {
                Rope rope = c.sight(layer).rope();
                sizes.append('\n').append(c.sight(layer).window());
                sizes.append(' ').append(rope == null ? "none" : (float) rope.theta() + " " + (float) rope.attention());
            }
        }
        return new AdapterOrigin(
                template == null ? "none" : hash(template), hash(sizes.toString()), base.fingerprint());
    }

    private static String hash(String text) {
        return HexFormat.of().formatHex(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** {@return the origin in an adapter's folder; nothing for adapters made elsewhere} */
    public static Optional<AdapterOrigin> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        ObjectNode json = Json.object(file, Json.text(file, MAX_FILE));
        return Optional.of(
                new AdapterOrigin(text(file, json, "template"), text(file, json, "config"), text(file, json, "base")));
    }

    private static String text(Path file, ObjectNode json, String key) {
        JsonNode value = json.path(key);
        if (!value.isTextual()) {
            throw Refusal.of(file, key + ": expected a text");
        }
        return value.textValue();
    }

    /** Writes it into an adapter's folder. */
    public void write(Path folder) throws IOException {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("template", template).put("config", config).put("base", base);
        AtomicFiles.write(folder.resolve(FILE), Json.pretty(json));
    }

    /**
     * Checks that an adapter can be used where it is about to be.
     *
     * @param folder of the adapter, for messages
     * @param here the origin that an adapter trained here would have
     * @return whether the base is the same checkpoint; otherwise it is another checkpoint of the same sizes, such as another
     *     quantisation
     * @throws ModelException if the template or the sizes differ
     */
    public boolean fits(Path folder, AdapterOrigin here) {
        same(folder, "chat template", template, here.template);
        same(folder, "base's configuration", config, here.config);
        return base.equals(here.base);
    }

    private static void same(Path folder, String what, String found, String expected) {
        if (!found.equals(expected)) {
            throw Refusal.of(
                    folder.resolve(FILE),
                    "trained with the " + what + " of SHA-256 " + Refusal.shown(found) + ", expected " + expected
                            + ", that of this model");
        }
    }
}
