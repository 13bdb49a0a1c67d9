package io.humpback.model;

import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What training leaves: a folder with a low-rank change of a base model in PEFT's format, or with the whole model that
 * full fine-tuning produced from it. {@link LanguageModel#with} takes either.
 *
 * @param folder where it lies
 * @param fingerprint SHA-256 of its weights and settings in hexadecimal digits
 */
public record Adapter(Path folder, String fingerprint) {

    /**
     * {@return the adapter that lies in a folder}
     *
     * @param folder with {@code adapter_config.json}, or with {@code config.json} of a whole model
     * @throws IOException if it cannot be read
     * @throws ModelException if there is neither file
     */
    public static Adapter at(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve("adapter_config.json"))
                && !Files.isRegularFile(folder.resolve("config.json"))) {
            throw new ModelException(
                    folder + ": found neither adapter_config.json nor config.json, expected an adapter");
        }
        MessageDigest digest = Sha256.digest();
        for (Path file : weightsAndSettings(folder)) {
            digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
            digest.update(
                    ByteBuffer.allocate(Long.BYTES).putLong(0, Files.size(file)).array());
            Sha256.add(file, digest);
        }
        return new Adapter(folder, HexFormat.of().formatHex(digest.digest()));
    }

    private static List<Path> weightsAndSettings(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.endsWith(".safetensors")
                                || name.equals("adapter_config.json")
                                || name.equals("config.json");
                    })
                    .sorted()
                    .toList();
        }
    }
}
