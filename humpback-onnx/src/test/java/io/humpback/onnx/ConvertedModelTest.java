package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.internal.Sha256;
import io.humpback.onnx.cache.CacheSettings;
import io.humpback.onnx.cache.WeightCache;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.quantize.Int8Products;
import io.humpback.onnx.quantize.PrecisionPass;
import io.humpback.onnx.weights.ModelSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertedModelTest {

    @TempDir
    Path temp;

    private WeightCache cache() {
        return new WeightCache(new CacheSettings(temp, 1 << 30));
    }

    /** The folder that is opened for the tiny model, and its files' bytes. */
    private Path opened(LoadOptions options, WeightCache cache, long worthKeeping) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Reference.tiny())) {
            return ConvertedModel.open(
                    ModelSource.of(checkpoint),
                    null,
                    options,
                    (model, with) -> model.graph().getParent(),
                    cache,
                    worthKeeping);
        }
    }

    private List<String> kept() throws IOException {
        if (!Files.exists(temp.resolve("weights"))) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(temp.resolve("weights"))) {
            return all.filter(Files::isDirectory)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Test
    void weightsAreConvertedOnce() throws IOException {
        LoadOptions options = LoadOptions.defaults().precision(Precision.INT4);
        Path folder = opened(options, cache(), 0);
        assertTrue(folder.startsWith(temp), folder::toString);
        Path weights = folder.resolve(ExportedModel.WEIGHTS);
        Object made = Files.readAttributes(weights, BasicFileAttributes.class).fileKey();
        byte[] graph = Files.readAllBytes(folder.resolve(ExportedModel.GRAPH));
        Files.delete(folder.resolve(ExportedModel.GRAPH)); // is made anew
        assertEquals(folder, opened(options, cache(), 0));
        assertEquals(
                made, Files.readAttributes(weights, BasicFileAttributes.class).fileKey());
        assertEquals(-1, Arrays.mismatch(graph, Files.readAllBytes(folder.resolve(ExportedModel.GRAPH))));
    }

    @Test
    void otherPrecisionsAndContextsAreKeptSideBySide() throws IOException {
        LoadOptions options = LoadOptions.defaults().precision(Precision.INT4);
        Path folder = opened(options, cache(), 0);
        assertNotEquals(folder, opened(options.precision(Precision.INT8), cache(), 0));
        assertNotEquals(folder, opened(options.contextLength(64), cache(), 0));
        assertEquals(3, kept().size());
    }

    @Test
    void whatIsSmallOrNotWantedIsNotKept() throws IOException {
        LoadOptions options = LoadOptions.defaults().precision(Precision.INT4);
        assertFalse(Files.exists(opened(options, cache(), Long.MAX_VALUE)));
        assertFalse(Files.exists(opened(options, null, 0)));
        assertEquals(List.of(), kept());
    }

    @Test
    void aDamagedFileIsMadeAgain() throws IOException {
        LoadOptions options = LoadOptions.defaults().precision(Precision.INT8);
        Path weights = opened(options, cache(), 0).resolve(ExportedModel.WEIGHTS);
        byte[] expected = Files.readAllBytes(weights);
        byte[] damaged = expected.clone();
        damaged[damaged.length / 3] ^= 4;
        FileTime time = Files.getLastModifiedTime(weights);
        Files.write(weights, damaged);
        Files.setLastModifiedTime(weights, time);
        opened(options, cache(), 0);
        assertEquals(-1, Arrays.mismatch(expected, Files.readAllBytes(weights)));
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoReasonToFail() throws IOException {
        Path file = Files.createFile(temp.resolve("file"));
        WeightCache none = new WeightCache(new CacheSettings(file, 1 << 30));
        Path folder = opened(LoadOptions.defaults().precision(Precision.INT4), none, 0);
        assertFalse(folder.startsWith(temp));
    }

    /** If this fails, the same weights give other bytes than before: raise the version, and note the new hashes here. */
    @Test
    void theArithmeticIsThatOfItsVersion() throws IOException {
        RandomLlama.write(temp, new RandomLlama.Form(64, 64, 128, 1, 2, 1, 32, false, false), 5);
        MessageDigest digest = Sha256.digest();
        try (Checkpoint checkpoint = Checkpoint.open(temp)) {
            for (Precision precision : List.of(Precision.INT4, Precision.INT8)) {
                for (Weight weight :
                        precision.graph(ModelSource.of(checkpoint), 64).liveWeights()) {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    weight.data().writeTo(Channels.newChannel(bytes));
                    digest.update(bytes.toByteArray());
                }
            }
        }
        String hash = HexFormat.of().formatHex(digest.digest());
        String expected =
                switch (Int8Products.LEVELS) {
                    case 127 -> "1ae9961f685b459a45103b8cda0036aa05cbc74d80f5ebcfdcfb6754065a2a7a";
                    default -> "618e711909c4bb360c5ff030fc97ff6da5926c329808f39575086088e8be4e0f"; // without VNNI
                };
        assertEquals("3 " + expected, PrecisionPass.VERSION + " " + hash);
    }
}
