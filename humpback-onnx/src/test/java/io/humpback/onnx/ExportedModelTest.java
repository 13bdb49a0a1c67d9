package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.Sha256;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile exported folders. */
class ExportedModelTest {

    @TempDir
    static Path once;

    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException {
        Path exported = once.resolve("exported");
        if (!Files.exists(exported)) {
            OnnxExport.write(Reference.tiny(), exported, Precision.FP32);
        }
        try (Stream<Path> files = Files.list(exported)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
    }

    /** {@return the message of the refusal: one line that names the folder} */
    private String refusal() {
        String message = assertThrows(
                        ModelException.class, () -> OnnxModel.load(folder).close())
                .getMessage();
        assertTrue(message.contains(folder.toString()), message);
        assertFalse(message.contains("\n"), message);
        return message.replace(folder + "/", "");
    }

    private void config(Consumer<ObjectNode> change) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Path file = folder.resolve("config.json");
        ObjectNode config = (ObjectNode) mapper.readTree(file.toFile());
        change.accept(config);
        Files.writeString(file, config.toString());
    }

    private void graph(Consumer<GraphProto.Builder> change) throws IOException {
        StoredGraph.change(folder.resolve("model.onnx"), change);
        seal();
    }

    /** As whoever changes a folder on purpose would do. */
    private void seal() throws IOException {
        String hash = Sha256.of(folder.resolve("model.onnx"));
        config(config -> config.withObject("/humpback/sha256").put("model.onnx", hash));
    }

    @Test
    void anUnchangedFolderOpens() throws IOException {
        graph(graph -> {});
        config(config -> {});
        OnnxModel.load(folder).close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model.onnx.data",
                "/etc/passwd",
                "tokenizer.json",
                "./model.onnx.data",
                "model.onnx.data/",
                "sub/../model.onnx.data",
                "C:\\\\model.onnx.data",
                "*/_ORT_MEM_ADDR_/*",
                ""
            })
    void weightsLieInTheFileBesideTheGraph(String location) throws IOException {
        graph(graph -> StoredGraph.place(graph, "location", location));
        assertEquals(
                "model.onnx: tensor model.embed_tokens.weight: location \"" + location + "\", expected model.onnx.data",
                refusal());
    }

    @Test
    void weightsInsideNodesAndTheirGraphsAreCheckedToo() throws IOException {
        TensorProto hidden = TensorProto.newBuilder()
                .setName("hidden")
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("location").setValue("/etc/passwd"))
                .build();
        AttributeProto tensor =
                AttributeProto.newBuilder().setName("value").setT(hidden).build();
        NodeProto constant = NodeProto.newBuilder()
                .setOpType("Constant")
                .addAttribute(tensor)
                .build();
        AttributeProto body = AttributeProto.newBuilder()
                .setName("then_branch")
                .setG(GraphProto.newBuilder().addNode(constant))
                .build();
        graph(graph -> graph.addNode(NodeProto.newBuilder().setOpType("If").addAttribute(body)));
        assertEquals("model.onnx: tensor hidden: location \"/etc/passwd\", expected model.onnx.data", refusal());
    }

    @Test
    void weightsLieInsideTheirFile() throws IOException {
        long size = Files.size(folder.resolve("model.onnx.data"));
        graph(graph -> StoredGraph.place(graph, "length", Long.toString(size + 1)));
        assertEquals(
                "model.onnx.data: " + size + " bytes, expected " + (size + 1) + " at 0 for model.embed_tokens.weight",
                refusal());
        graph(graph -> StoredGraph.place(graph, "offset", "-4096"));
        assertEquals("model.onnx: tensor model.embed_tokens.weight: offset \"-4096\", expected a number", refusal());
        graph(graph -> StoredGraph.place(graph, "offset", "99999999999999999999"));
        assertTrue(refusal().endsWith("offset \"99999999999999999999\", expected a number"));
        graph(graph -> StoredGraph.external(graph).clearExternalData());
        assertEquals("model.onnx: tensor model.embed_tokens.weight: no location, expected model.onnx.data", refusal());
        graph(graph -> StoredGraph.external(graph)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("basepath").setValue("/")));
        assertTrue(refusal().endsWith("external data \"basepath\", expected location, offset, length"));
    }

    @Test
    void theWeightsAreNoLink() throws IOException {
        Path weights = folder.resolve("model.onnx.data");
        Path elsewhere = Files.move(weights, once.resolve("elsewhere" + System.nanoTime()));
        Files.createSymbolicLink(weights, elsewhere);
        assertEquals("model.onnx.data: expected a file that is no link", refusal());
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        Files.delete(folder.resolve("tokenizer.json"));
        assertEquals(folder + ": no tokenizer.json", refusal());
        Files.delete(folder.resolve("model.onnx.data"));
        copyBack("tokenizer.json");
        assertEquals("model.onnx.data: expected a file that is no link", refusal());
        copyBack("model.onnx.data");
        Files.delete(folder.resolve("config.json"));
        assertEquals("config.json: expected the object \"humpback\" of a folder written by an export", refusal());
    }

    private void copyBack(String name) throws IOException {
        Files.copy(once.resolve("exported").resolve(name), folder.resolve(name));
    }

    @Test
    void shortWeightsAreRefused() throws IOException {
        Path weights = folder.resolve("model.onnx.data");
        long size = Files.size(weights);
        try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE)) {
            channel.truncate(size - 1);
        }
        assertTrue(refusal().startsWith("model.onnx.data: " + (size - 1) + " bytes, expected "));
    }

    @Test
    void changedBytesAreRefused() throws IOException {
        for (String name : List.of("model.onnx.data", "model.onnx")) {
            Path file = folder.resolve(name);
            byte[] bytes = Files.readAllBytes(file);
            int at = name.equals("model.onnx") ? indexOf(bytes, "precision") : bytes.length / 2;
            bytes[at] ^= 1;
            Files.write(file, bytes);
            assertTrue(refusal().startsWith(name + ": SHA-256 "), name);
            bytes[at] ^= 1;
            Files.write(file, bytes);
        }
        OnnxModel.load(folder).close();
    }

    private static int indexOf(byte[] bytes, String part) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(part);
    }

    @Test
    void aFingerprintThatIsNotTheGraphsIsRefused() throws IOException {
        config(config -> ((ObjectNode) config.get("humpback")).put("fingerprint", "of another"));
        assertTrue(refusal().endsWith(", expected of another, as config.json says"));
    }

    @Test
    void graphsThatAreNoneAreRefused() throws IOException {
        Path file = folder.resolve("model.onnx");
        byte[] valid = Files.readAllBytes(file);
        Files.writeString(file, "this is no graph");
        assertEquals("model.onnx: not an ONNX graph", refusal());
        Files.write(file, new byte[0]);
        assertTrue(refusal().startsWith("model.onnx: "));
        Files.write(file, java.util.Arrays.copyOf(valid, valid.length / 2));
        assertEquals("model.onnx: not an ONNX graph", refusal());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.allocate(1), 1L << 31); // sparse
        }
        assertEquals("model.onnx: 2147483649 bytes, expected at most 67108864", refusal());
        Files.write(file, valid);
        graph(graph -> graph.getNodeBuilder(3).setOpType("NoSuchOperator"));
        assertTrue(refusal().startsWith("model.onnx: ONNX Runtime cannot open it: "));
        Files.write(file, valid);
        graph(graph -> {
            int logits = 0;
            while (!graph.getOutput(logits).getName().equals("logits")) {
                logits++;
            }
            graph.removeOutput(logits);
        });
        assertTrue(refusal().startsWith("model.onnx: no graph of inference: logits"));
    }

    @Test
    void changedBytesOfTheGraphAreReadOrRefused() throws IOException {
        Path file = folder.resolve("model.onnx");
        byte[] valid = Files.readAllBytes(file);
        Random random = new Random(6);
        for (int round = 0; round < 60; round++) {
            byte[] changed = valid.clone();
            for (int i = 0; i <= round % 4; i++) {
                changed[random.nextInt(round % 2 == 0 ? changed.length : 600)] = (byte) random.nextInt();
            }
            Files.write(file, changed);
            seal();
            try {
                OnnxModel.load(folder).close();
            } catch (ModelException e) {
                assertFalse(e.getMessage().contains("\n"), e.getMessage());
            }
        }
    }

    @Test
    void configurationsAreChecked() throws IOException {
        config(config -> config.put("max_position_embeddings", "many"));
        assertEquals("config.json: max_position_embeddings: expected a positive number, found \"many\"", refusal());
        config(config -> config.put("max_position_embeddings", 0));
        assertEquals("config.json: max_position_embeddings: expected a positive number, found 0", refusal());
        config(config -> config.put("max_position_embeddings", 2048).put("eos_token_id", 3));
        assertEquals("config.json: eos_token_id: expected ids, found 3", refusal());
        config(config -> config.putArray("eos_token_id").add("x"));
        assertEquals("config.json: eos_token_id: expected ids, found [\"x\"]", refusal());
        config(config -> {
            config.putArray("eos_token_id").add(3);
            config.putObject("humpback").put("precision", "fp32");
        });
        assertEquals("config.json: humpback.fingerprint: expected a text, found ", refusal());
        Files.writeString(folder.resolve("config.json"), "{");
        assertTrue(refusal().startsWith("config.json: not JSON: "));
        Files.write(folder.resolve("config.json"), new byte[] {(byte) 0xc3, 0x28});
        assertEquals("config.json: not UTF-8", refusal());
    }

    @Test
    void aLongerContextThanTheGraphHasEndsInARefusal() throws IOException {
        config(config -> config.put("max_position_embeddings", 1 << 20));
        try (OnnxModel model = OnnxModel.load(folder)) {
            Prompt prompt = Prompt.ids(Collections.nCopies(2100, 5));
            String message = assertThrows(
                            ModelException.class,
                            () -> model.complete(prompt, Sampling.greedy().maxTokens(1)))
                    .getMessage();
            assertTrue(message.startsWith("running "), message);
        }
    }

    @Test
    void tokenizersAreChecked() throws IOException {
        for (String bad : List.of("", "{}", "[1, 2]", "{\"model\": {\"type\": \"BPE\"}}")) {
            Files.writeString(folder.resolve("tokenizer.json"), bad);
            String message = assertThrows(
                            ModelException.class, () -> OnnxModel.load(folder).close())
                    .getMessage();
            assertTrue(message.startsWith(folder + ": tokenizer.json: "), message);
        }
    }

    @Test
    void templatesAreChecked() throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), "{% for m in messages %}");
        String message = assertThrows(
                        ModelException.class, () -> OnnxModel.load(folder).close())
                .getMessage();
        assertTrue(message.startsWith(folder + ": chat template: "), message);
    }
}
