package io.humpback.onnx.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingListener;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint of a training: all that it needs to continue as if it had never stopped. One file in the training's folder,
 * in safetensors format, which appears whole or not at all; after the last step, without the tensors, it says that the
 * training is done. What it holds is summed up by CRC-32C, so that a damaged one is refused. Random numbers depend on the plan's seed and the step alone and need not be kept.
 *
 * @param identity what the training was begun with, by the names of settings
 * @param step optimizer steps made
 * @param tokens computed so far
 * @param losses lines of the history so far
 * @param finished fingerprint of what the training has left, once it is done
 */
public record SavePoint(
        Map<String, String> identity, int step, long tokens, List<String> losses, Optional<String> finished) {

    /** Its name in the folder; not one of a file of weights, which what the training leaves consists of. */
    public static final String FILE = "training.checkpoint";

    private static final String FORMAT = "humpback training 1";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VALUES = "values.";
    private static final String FIRST = "first_moment.";
    private static final String SECOND = "second_moment.";

    /** Lines that are one text of the file's header: a longer text is not read back. */
    private static final int LINES = 1000;

    private static final int CHUNK = 1 << 18;

    /** {@return a training that is yet to begin} */
    public static SavePoint beginning(Map<String, String> identity) {
        return new SavePoint(identity, 0, 0, List.of(), Optional.empty());
    }

    /** Tells a listener what earlier processes did of a training of a number of steps; nothing where that is nothing. */
    public void tell(TrainingListener listener, int steps) throws IOException {
        if (!losses.isEmpty()) {
            History.tell(losses, steps, listener);
        }
    }

    /** {@return this, done, with the fingerprint of what the training has left} */
    public SavePoint finished(String fingerprint) {
        return new SavePoint(identity, step, tokens, losses, Optional.of(fingerprint));
    }

    /**
     * Replaces the file in a folder.
     *
     * @param tensors parameters and moments, empty at the beginning and the end
     * @throws IOException if that fails; what was there before still is
     */
    public void write(Path folder, List<AdamW.Slot> tensors) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter()
                .metadata("format", FORMAT)
                .metadata("identity", JSON.writeValueAsString(identity))
                .metadata("step", Integer.toString(step))
                .metadata("tokens", Long.toString(tokens));
        finished.ifPresent(fingerprint -> writer.metadata("finished", fingerprint));
        for (int from = 0; from < losses.size(); from += LINES) {
            List<String> some = losses.subList(from, Math.min(losses.size(), from + LINES));
            writer.metadata("losses." + from, String.join("\n", some));
        }
        writer.metadata("text_crc32c", textSum()).metadata("tensors_crc32c", sum(tensors));
        for (AdamW.Slot slot : tensors) {
            String name = slot.parameter().name();
            long[] shape = slot.parameter().shape();
            writer.add(VALUES + name, DType.F32, slot.parameter().values(), shape);
            writer.add(FIRST + name, DType.F32, slot.first(), shape);
            writer.add(SECOND + name, DType.F32, slot.second(), shape);
        }
        writer.write(folder.resolve(FILE));
    }

    /**
     * {@return where the training in a folder is, empty if none was begun}
     *
     * @throws ModelException if the file is damaged
     */
    public static Optional<SavePoint> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (Safetensors found = Safetensors.open(file)) {
            Map<String, String> metadata = found.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new ModelException(file + ": expected \"format\": \"" + FORMAT + "\" in its metadata");
            }
            List<String> losses = new ArrayList<>();
            for (String some; (some = metadata.get("losses." + losses.size())) != null; ) {
                losses.addAll(List.of(some.split("\n")));
            }
            SavePoint point = new SavePoint(
                    JSON.readValue(metadata.getOrDefault("identity", ""), new TypeReference<>() {}),
                    Integer.parseInt(metadata.getOrDefault("step", "")),
                    Long.parseLong(metadata.getOrDefault("tokens", "")),
                    List.copyOf(losses),
                    Optional.ofNullable(metadata.get("finished")));
            requireSum(file, metadata.get("text_crc32c"), point.textSum());
            return Optional.of(point);
        } catch (NumberFormatException | JsonProcessingException e) {
            throw new ModelException(file + ": " + e.getMessage() + ": expected a checkpoint of a training", e);
        }
    }

    /**
     * Reads parameters and moments.
     *
     * @param optimizer takes them, and continues at this step; unchanged where no step was made
     */
    void restore(Path folder, AdamW optimizer) throws IOException {
        if (step == 0) {
            return;
        }
        try (Safetensors found = Safetensors.open(folder.resolve(FILE))) {
            for (AdamW.Slot slot : optimizer.slots()) {
                String name = slot.parameter().name();
                long[] shape = slot.parameter().shape();
                read(found.tensor(VALUES + name), shape, slot.parameter().values());
                read(found.tensor(FIRST + name), shape, slot.first());
                read(found.tensor(SECOND + name), shape, slot.second());
            }
            requireSum(folder.resolve(FILE), found.metadata().get("tensors_crc32c"), sum(optimizer.slots()));
        }
        optimizer.resume(step);
    }

    private String textSum() {
        CRC32C sum = new CRC32C();
        sum.update(List.of(new TreeMap<>(identity), step, tokens, losses, finished)
                .toString()
                .getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(sum.getValue());
    }

    private static String sum(List<AdamW.Slot> tensors) {
        CRC32C sum = new CRC32C();
        ByteBuffer bytes = ByteBuffer.allocateDirect(Float.BYTES * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (AdamW.Slot slot : tensors) {
            for (FloatBuffer values : List.of(slot.parameter().values(), slot.first(), slot.second())) {
                FloatBuffer all = values.duplicate().clear();
                for (int at = 0; at < all.capacity(); at += CHUNK) {
                    int some = Math.min(CHUNK, all.capacity() - at);
                    bytes.clear().asFloatBuffer().put(all.slice(at, some));
                    sum.update(bytes.limit(Float.BYTES * some));
                }
            }
        }
        return Long.toHexString(sum.getValue());
    }

    private static void requireSum(Path file, @Nullable String noted, String found) {
        if (!found.equals(noted)) {
            throw new ModelException(file + ": damaged: its content has the CRC-32C " + found + ", expected " + noted
                    + "; put it back, or train again in another folder");
        }
    }

    private static void read(Tensor tensor, long[] shape, FloatBuffer values) {
        if (!tensor.hasShape(shape)) {
            throw new ModelException(FILE + ": " + tensor + ", expected " + Arrays.toString(shape));
        }
        FloatBuffer to = values.duplicate().clear();
        int step = Math.max(1, CHUNK / Math.max(1, tensor.rowLength()));
        for (long row = 0; row < tensor.rows(); row += step) {
            tensor.floats(row, (int) Math.min(step, tensor.rows() - row), to);
        }
    }

    /**
     * Refuses to go on with something else than what was begun.
     *
     * @param now what the training is to be continued with
     * @throws ModelException if it is not the same; the message names the first difference and both values
     */
    public void requireSame(Path folder, Map<String, String> now) {
        now.forEach((name, value) -> {
            String before = identity.getOrDefault(name, "none");
            if (!before.equals(value)) {
                throw new ModelException(folder + ": its training was begun with " + name + " " + before + ", found "
                        + value + ": expected the same, or another folder");
            }
        });
    }
}
