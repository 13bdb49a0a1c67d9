package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceTest {

    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    private void write(SafetensorsWriter weights) throws IOException {
        TinyLlama.folder(folder, TinyLlama.config(), weights);
    }

    private void assertRefused(String expected) {
        String message = Hostile.refusal(folder, HuggingFace::open);
        assertTrue(message.contains(expected), message);
    }

    /** Two shards and their index: the embedding, and the rest. */
    private ObjectNode writeShards() throws IOException {
        Files.writeString(folder.resolve("config.json"), TinyLlama.config().toString());
        ObjectNode index = new ObjectMapper().createObjectNode();
        ObjectNode map = index.putObject("weight_map");
        TinyLlama.CONFIG.forEachTensor((name, shape) ->
                map.put(name.toString(), name.equals(WeightName.EMBEDDING) ? "a.safetensors" : "b.safetensors"));
        TinyLlama.weights((name, shape) -> name.equals(WeightName.EMBEDDING)).write(folder.resolve("a.safetensors"));
        TinyLlama.weights((name, shape) -> !name.equals(WeightName.EMBEDDING)).write(folder.resolve("b.safetensors"));
        Files.writeString(folder.resolve(INDEX), index.toString());
        return index;
    }

    // whole folders

    @Test
    void aFolderIsReadAndItsNamesAreInTheOrderOfTheComputation() throws IOException {
        write(TinyLlama.weights((name, shape) -> true));
        try (Checkpoint checkpoint = HuggingFace.open(folder)) {
            assertEquals(TinyLlama.CONFIG, checkpoint.config());
            List<WeightName> names = List.copyOf(checkpoint.names());
            assertEquals(21, names.size());
            assertEquals(WeightName.EMBEDDING, names.get(0));
            assertEquals("model.layers.0.input_layernorm.weight", names.get(1).toString());
            assertEquals(WeightName.HEAD, names.get(20));
            assertEquals(new Checkpoint.TextFiles(null, null, null, null), checkpoint.text());
            assertEquals(folder, checkpoint.path());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama3", "tiny-llama3-headdim", "tiny-llama2"})
    void bothLayoutsOfTheReferenceModelsSayTheSame(String model) throws IOException {
        Path reference = Shared.file("data/golden/" + model);
        try (Stream<Path> files = Files.list(reference)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Files.copy(
                folder.resolve("config.transformers5.json"),
                folder.resolve("config.json"),
                StandardCopyOption.REPLACE_EXISTING);
        try (Checkpoint classic = HuggingFace.open(reference);
                Checkpoint newer = HuggingFace.open(folder)) {
            LlamaConfig config = classic.config();
            assertEquals(config, newer.config());
            assertEquals(model.equals("tiny-llama2") ? DType.F16 : DType.BF16, config.storage());
            assertEquals(model.equals("tiny-llama2") ? List.of(2) : List.of(508, 511), config.endIds());
            assertEquals(!model.equals("tiny-llama2"), config.tiedEmbeddings());
            assertEquals(16, config.headDim());
            for (WeightName name : classic.names()) {
                assertEquals(
                        classic.tensor(name).bytes(0, 1), newer.tensor(name).bytes(0, 1));
            }
            assertNotEquals(classic.fingerprint(), newer.fingerprint());
        }
    }

    @Test
    void theTokenizersFilesOfAReferenceModelAreThere() throws IOException {
        try (Checkpoint checkpoint = HuggingFace.open(Shared.file("data/golden/tiny-llama3"))) {
            String tokenizer = checkpoint.text().tokenizerJson();
            assertNotNull(tokenizer);
            assertTrue(tokenizer.contains("ignore_merges"));
            assertNotNull(checkpoint.text().tokenizerConfigJson());
            assertNull(checkpoint.text().ggufMetadata());
        }
    }

    @Test
    void aChatTemplateFileIsRead() throws IOException {
        write(TinyLlama.weights((name, shape) -> true));
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages }}\u00e9");
        try (Checkpoint checkpoint = HuggingFace.open(folder)) {
            assertEquals("{{ messages }}\u00e9", checkpoint.text().chatTemplateJinja());
        }
    }

    @Test
    void linksAreFollowedAsInAHubCache() throws IOException {
        Path blobs = Files.createDirectory(folder.resolve("blobs"));
        Path snapshot = Files.createDirectory(folder.resolve("snapshot"));
        TinyLlama.folder(blobs, TinyLlama.config(), TinyLlama.weights((name, shape) -> true));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.createSymbolicLink(snapshot.resolve(name), blobs.resolve(name));
        }
        HuggingFace.open(snapshot).close();
    }

    // which tensors

    @Test
    void aMissingTensorIsRefused() throws IOException {
        write(TinyLlama.weights((name, shape) -> !name.equals(new WeightName(1, Part.UP))));
        assertRefused("tensor model.layers.1.mlp.up_proj.weight is missing, expected with shape [6, 8]");
    }

    @Test
    void aMissingHeadOfAnUntiedModelIsRefused() throws IOException {
        write(TinyLlama.weights((name, shape) -> !name.equals(WeightName.HEAD)));
        assertRefused("tensor lm_head.weight is missing, expected with shape [10, 8]");
    }

    @Test
    void aTiedModelUsesTheEmbeddingEvenWhereThereIsAHead() throws IOException {
        TinyLlama.folder(
                folder, TinyLlama.config().put("tie_word_embeddings", true), TinyLlama.weights((name, shape) -> true));
        try (Checkpoint checkpoint = HuggingFace.open(folder)) {
            assertTrue(checkpoint.config().tiedEmbeddings());
            assertFalse(checkpoint.names().contains(WeightName.HEAD));
        }
    }

    @Test
    void anotherShapeIsRefusedWithBoth() throws IOException {
        write(TinyLlama.weights((name, shape) -> !name.equals(new WeightName(0, Part.K)))
                .add("model.layers.0.self_attn.k_proj.weight", new float[32], 8, 4));
        assertRefused("tensor model.layers.0.self_attn.k_proj.weight: shape [8, 4], expected [4, 8]");
    }

    @Test
    void aTensorThatHasNoPlaceIsRefusedByName() throws IOException {
        write(TinyLlama.weights((name, shape) -> true).add("model.layers.0.self_attn.q_proj.bias", new float[8], 8));
        assertRefused("tensor model.layers.0.self_attn.q_proj.bias has no place in a Llama of this configuration");
    }

    @Test
    void aLayerTooManyIsRefused() throws IOException {
        write(TinyLlama.weights((name, shape) -> true).add("model.layers.2.input_layernorm.weight", new float[8], 8));
        assertRefused("tensor model.layers.2.input_layernorm.weight has no place");
    }

    @Test
    void storedFrequenciesAreIgnored() throws IOException {
        write(TinyLlama.weights((name, shape) -> true)
                .add("model.layers.0.self_attn.rotary_emb.inv_freq", new float[2], 2));
        HuggingFace.open(folder).close();
    }

    @Test
    void aHostileNumberOfLayersCostsNothing() throws IOException {
        TinyLlama.folder(
                folder,
                TinyLlama.config().put("num_hidden_layers", Integer.MAX_VALUE),
                TinyLlama.weights((name, shape) -> true));
        assertRefused("tensor model.layers.2.input_layernorm.weight is missing");
    }

    @Test
    void hostileSizesDoNotOverflow() throws IOException {
        TinyLlama.folder(
                folder,
                TinyLlama.config().put("num_attention_heads", 1 << 30).put("head_dim", 1 << 30),
                TinyLlama.weights((name, shape) -> true));
        assertRefused("self_attn.q_proj.weight: shape [8, 8], expected [1152921504606846976, 8]");
    }

    // shards

    @Test
    void shardsAreReadAsOne() throws IOException {
        writeShards();
        try (Checkpoint checkpoint = HuggingFace.open(folder)) {
            assertEquals(TinyLlama.CONFIG, checkpoint.config());
            assertEquals(21, checkpoint.names().size());
        }
    }

    @Test
    void aTensorThatIsListedButMissingIsRefused() throws IOException {
        ObjectNode index = writeShards();
        index.withObject("/weight_map").put("extra", "b.safetensors");
        Files.writeString(folder.resolve(INDEX), index.toString());
        assertRefused("b.safetensors: no tensor extra, which " + INDEX + " lists here");
    }

    @Test
    void aTensorThatIsNotListedIsRefused() throws IOException {
        ObjectNode index = writeShards();
        index.withObject("/weight_map").remove("model.norm.weight");
        Files.writeString(folder.resolve(INDEX), index.toString());
        assertRefused("b.safetensors: tensor model.norm.weight is here, but " + INDEX + " lists it in no file");
    }

    @Test
    void aTensorInTwoShardsIsRefused() throws IOException {
        writeShards();
        TinyLlama.weights((name, shape) -> name.equals(WeightName.EMBEDDING) || name.equals(WeightName.HEAD))
                .write(folder.resolve("a.safetensors"));
        assertRefused("a.safetensors: tensor lm_head.weight is here, but " + INDEX + " lists it in b.safetensors");
    }

    @Test
    void aMissingShardIsRefused() throws IOException {
        writeShards();
        Files.delete(folder.resolve("b.safetensors"));
        assertRefused("b.safetensors: no such file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../a.safetensors",
                "/a.safetensors",
                "sub/a.safetensors",
                "..\\\\a.safetensors",
                "",
                "..",
                "a.bin",
                ".safetensors",
                "C:a.safetensors",
                "a\\u0000.safetensors",
                "a\\n.safetensors"
            })
    void shardNamesOutsideTheFolderAreRefused(String shard) throws IOException {
        writeShards();
        Files.writeString(folder.resolve(INDEX), "{\"weight_map\":{\"x\":\"" + shard + "\"}}");
        assertRefused(INDEX + ": tensor x: file ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"weight_map\":[]}", "{\"weight_map\":{\"x\":1}}", "[]", "{", "{\"a\":1,\"a\":1}"})
    void aMalformedIndexIsRefused(String index) throws IOException {
        writeShards();
        Files.writeString(folder.resolve(INDEX), index);
        assertRefused(INDEX + ": ");
    }

    // files

    @Test
    void folderWithoutConfigOrWeightsAreRefused() throws IOException {
        assertRefused("no config.json");
        Files.writeString(folder.resolve("config.json"), TinyLlama.config().toString());
        assertRefused("no weights, expected model.safetensors or " + INDEX);
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        write(TinyLlama.weights((name, shape) -> true));
        Files.write(folder.resolve("tokenizer.json"), new byte[] {(byte) 0xc3});
        assertRefused("tokenizer.json: not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "generation_config.json", "chat_template.jinja"})
    void filesOfExcessiveSizeAreRefusedWithoutReadingThem(String name) throws IOException {
        write(TinyLlama.weights((name2, shape) -> true));
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
            sparse.setLength(1L << 33);
        }
        assertRefused(name + ": expected at most 1048576 bytes");
    }

    @Test
    void nothingStaysOpenWhenOpeningFails() throws IOException {
        Path open = Path.of("/proc/self/fd");
        Assumptions.assumeTrue(Files.isDirectory(open), "open files cannot be counted here");
        writeShards();
        TinyLlama.weights((name, shape) -> name.equals("model.norm.weight")).write(folder.resolve("b.safetensors"));
        Hostile.refusal(folder, HuggingFace::open);
        long before = count(open);
        for (int i = 0; i < 50; i++) {
            Hostile.refusal(folder, HuggingFace::open);
        }
        assertTrue(count(open) < before + 25);
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    @Property(tries = 300)
    void damagedConfigurationsAreReadOrRefused(@ForAll("configs") byte[] config) throws IOException {
        Files.write(damaged.resolve("config.json"), config);
        try (Checkpoint checkpoint = HuggingFace.open(damaged)) {
            checkpoint.names().forEach(name -> Shared.floats(checkpoint.tensor(name)));
        } catch (ModelException e) {
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
        }
    }

    private static Path damaged;

    @BeforeContainer
    static void makeDamaged() throws IOException {
        damaged = Files.createTempDirectory("config");
        TinyLlama.weights((name, shape) -> true).write(damaged.resolve("model.safetensors"));
    }

    @AfterContainer
    static void deleteDamaged() throws IOException {
        Files.delete(damaged.resolve("model.safetensors"));
        Files.delete(damaged.resolve("config.json"));
        Files.delete(damaged);
    }

    @Provide
    Arbitrary<byte[]> configs() {
        String llama3 = "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
                + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":16}";
        ObjectNode config = TinyLlama.config();
        config.set("rope_scaling", Json.object(Path.of("rope"), llama3));
        return Arbitraries.oneOf(
                Hostile.mutations(config.toString().getBytes()),
                Hostile.mutations(TinyLlama.config().toString().getBytes()));
    }
}
