package io.humpback.onnx;

import static io.humpback.onnx.OnnxModelTest.prompts;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.Adapter;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Decoders that others exported, of one random Qwen3 of two blocks: {@code optimum} and the graphs of {@code community} by
 * optimum 2.1 (fp16, int8 and 4 bits by the tools of onnxruntime 1.32, of which fp16 has its weights in two files beside
 * it), {@code genai} and {@code genai-int4} by the builder of onnxruntime-genai 0.18. {@code reference.json} says what
 * onnxruntime 1.29 in Python finds with each.
 */
class ForeignModelTest {

    private static final LoadOptions OPTIONS = LoadOptions.defaults().device(Device.cpu(1));

    @TempDir
    Path folder;

    private Path checkpoint;

    @BeforeEach
    void unpack() throws IOException {
        checkpoint = unpacked("checkpoint");
    }

    private Path unpacked(String name) throws IOException {
        Path to = Files.createDirectory(folder.resolve(name));
        try (InputStream packed =
                        Objects.requireNonNull(ForeignModelTest.class.getResourceAsStream("foreign/" + name + ".zip"));
                ZipInputStream zip = new ZipInputStream(packed)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = to.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else {
                    Files.createDirectories(file.getParent());
                    Files.copy(zip, file);
                }
            }
        }
        return to;
    }

    private static JsonNode reference() throws IOException {
        try (InputStream in = ForeignModelTest.class.getResourceAsStream("foreign/reference.json")) {
            return new ObjectMapper().readTree(in);
        }
    }

    private static OnnxModel load(Path path) throws IOException {
        return OnnxModel.load(path, OPTIONS);
    }

    private static Continuation continuation(int[] ids, int completion) {
        List<Integer> all = Reference.list(ids);
        int cut = ids.length - completion;
        return Continuation.of(Prompt.ids(all.subList(0, cut)), all.subList(cut, ids.length));
    }

    private static List<Continuation> continuations(int count) {
        Random random = new Random(3);
        return IntStream.range(0, count)
                .mapToObj(
                        i -> continuation(random.ints(10 + i * 53 % 200, 0, 500).toArray(), 1 + i % 9))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"optimum", "genai"})
    void aGraphIsTheModelItWasMadeOf(String name) throws IOException {
        try (OnnxModel expected = load(checkpoint);
                OnnxModel found = load(unpacked(name))) {
            List<Continuation> continuations = continuations(30);
            List<double[]> logs = expected.logLikelihood(continuations.stream())
                    .map(likelihood -> likelihood.tokens())
                    .toList();
            List<double[]> theirs = found.logLikelihood(continuations.stream())
                    .map(likelihood -> likelihood.tokens())
                    .toList();
            for (int i = 0; i < logs.size(); i++) {
                assertArrayEquals(logs.get(i), theirs.get(i), 1e-4);
            }
            List<String> ratings = List.of("1", "2", "3", "4", "5");
            for (Prompt prompt : prompts(5)) {
                Choice one = expected.choose(prompt, ratings);
                Choice other = found.choose(prompt, ratings);
                assertArrayEquals(one.logProbabilities(), other.logProbabilities(), 1e-4);
                assertEquals(one.promptTokens(), other.promptTokens());
            }
            for (Sampling sampling : List.of(
                    Sampling.greedy().maxTokens(40).ignoreEnd(true),
                    Sampling.nucleus(0.9).temperature(0.7).seed(5).maxTokens(30))) {
                assertEquals(
                        expected.complete(prompts(12).stream(), sampling).toList(),
                        found.complete(prompts(12).stream(), sampling).toList());
            }
            assertEquals(expected.contextLength(), found.contextLength());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "optimum, model.onnx, model",
        "community, onnx/model_fp16.onnx, model_fp16",
        "community, onnx/model_int8.onnx, model_int8",
        "community, onnx/model_q4.onnx, model_q4",
        "genai, model.onnx, genai",
        "genai-int4, model.onnx, genai-int4"
    })
    void everyGraphGivesWhatTheRuntimeGivesInPython(String name, String graph, String variant) throws IOException {
        JsonNode reference = reference();
        double tolerance =
                switch (variant) {
                    case "model_fp16" -> 5e-3;
                    case "genai-int4" -> 0.1; // activations in 8 bits: another processor rounds them in another way
                    default -> 1e-4;
                };
        try (OnnxModel model = load(unpacked(name).resolve(graph))) {
            for (int i = 0; i < reference.path("sequences").size(); i++) {
                JsonNode logs = reference.path("variants").path(variant).get(i);
                double[] found = model.logLikelihood(continuation(
                                Reference.ids(reference.path("sequences").get(i)), logs.size()))
                        .tokens();
                for (int k = 0; k < found.length; k++) {
                    assertEquals(logs.get(k).doubleValue(), found[k], tolerance, "sequence " + i + " token " + k);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"optimum, model.onnx", "community, onnx/model_int8.onnx", "genai-int4, model.onnx"})
    void aResultDependsOnNothingThatWasComputedBefore(String name, String graph) throws IOException {
        Path path = unpacked(name).resolve(graph);
        int[] ids = new Random(8).ints(300, 0, 500).toArray();
        int[] longer = Arrays.copyOf(ids, 310);
        List<double[]> found = new ArrayList<>();
        for (boolean sharing : List.of(false, true)) {
            try (OnnxModel model = OnnxModel.load(path, OPTIONS.prefixSharing(sharing))) {
                model.logLikelihood(continuation(Arrays.copyOf(ids, 100), 5));
                found.add(model.logLikelihood(continuation(longer, 20)).tokens());
                found.add(model.logLikelihood(continuation(longer, 20)).tokens());
                assertEquals(
                        model.complete(prompts(3).get(2), Sampling.greedy().maxTokens(9))
                                .ids(),
                        model.complete(prompts(3).stream(), Sampling.greedy().maxTokens(9))
                                .toList()
                                .get(2)
                                .ids());
            }
        }
        found.forEach(logs -> assertArrayEquals(found.get(0), logs, 1e-5));
    }

    @Test
    void completionsEndWhereTheFilesSay() throws IOException {
        Path genai = unpacked("genai");
        try (OnnxModel model = load(genai)) {
            Completion free = model.complete(
                    prompts(1).get(0), Sampling.greedy().maxTokens(12).ignoreEnd(true));
            int third = free.ids().get(3);
            Path file = genai.resolve("genai_config.json");
            Files.writeString(
                    file, Files.readString(file).replaceAll("\"eos_token_id\": 511", "\"eos_token_id\": " + third));
            try (OnnxModel ended = load(genai)) {
                Completion completion =
                        ended.complete(prompts(1).get(0), Sampling.greedy().maxTokens(12));
                assertEquals(Completion.Finish.STOP, completion.finish());
                assertEquals(free.ids().subList(0, free.ids().indexOf(third) + 1), completion.ids());
                assertNotEquals(model.fingerprint(), ended.fingerprint());
            }
        }
    }

    @Test
    void aPrecisionOrANameChoosesAmongGraphs() throws IOException {
        Path community = unpacked("community");
        for (Precision precision : List.of(Precision.INT8, Precision.INT4)) {
            try (OnnxModel model = OnnxModel.load(community, OPTIONS.precision(precision))) {
                String variant = precision == Precision.INT8 ? "int8" : "q4";
                assertTrue(model.fingerprint().endsWith("-" + variant), model.fingerprint());
                assertTrue(model.toString().contains(" in " + variant + " on "), model.toString());
            }
        }
        assertEquals(
                community
                        + ": graphs model_fp16.onnx, model_int8.onnx, model_q4.onnx: none is model.onnx, expected another"
                        + " precision, or the name of one in place of the folder",
                message(community));
        assertTrue(
                assertThrows(ModelException.class, () -> OnnxModel.load(community, OPTIONS.precision(Precision.BF16)))
                        .getMessage()
                        .contains("none is model_bf16.onnx"));
        Files.copy(unpacked("optimum").resolve("model.onnx"), community.resolve("onnx/model.onnx"));
        try (OnnxModel plain = load(community);
                OnnxModel named = load(community.resolve("onnx/model.onnx"))) {
            assertEquals(plain.fingerprint(), named.fingerprint());
        }
    }

    /** A folder of the hub has both; the checkpoint can be had in every precision. */
    @Test
    void aCheckpointIsPreferredToGraphsBesideIt() throws IOException {
        Path community = unpacked("community");
        for (String file : List.of("model.safetensors", "config.json")) {
            Files.copy(checkpoint.resolve(file), community.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        try (OnnxModel model = OnnxModel.load(community, OPTIONS.precision(Precision.INT4))) {
            assertTrue(model.toString().contains(" in int4 on "), model.toString());
        }
    }

    private String message(Path path) {
        String message = String.valueOf(
                assertThrows(ModelException.class, () -> load(path).close()).getMessage());
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../onnx/model_fp16.onnx_data",
                "/etc/passwd",
                "./model_fp16.onnx_data",
                "model_fp16.onnx_data/",
                "C:\\model.onnx.data",
                "*/_ORT_MEM_ADDR_/*",
                "..",
                ""
            })
    void weightsLieBesideTheGraph(String location) throws IOException {
        Path file = unpacked("community").resolve("onnx/model_fp16.onnx");
        StoredGraph.change(file, graph -> StoredGraph.place(graph, "location", location));
        assertTrue(message(file).contains(": location \"" + location + "\", expected the plain name of a file"));
    }

    @Test
    void weightsAreNoLinksAndLongEnough() throws IOException {
        Path file = unpacked("community").resolve("onnx/model_fp16.onnx");
        Path weights = file.resolveSibling("model_fp16.onnx_data_1");
        Path elsewhere = Files.move(weights, folder.resolve("elsewhere"));
        assertEquals(weights + ": expected a file that is no link", message(file));
        Files.createSymbolicLink(weights, elsewhere);
        assertEquals(weights + ": expected a file that is no link", message(file));
        Files.delete(weights);
        Files.write(weights, Arrays.copyOf(Files.readAllBytes(elsewhere), 51_000));
        assertTrue(message(file).startsWith(weights + ": 51000 bytes, expected "));
        Files.write(weights, Files.readAllBytes(elsewhere));
        load(file).close();
        StoredGraph.change(file, graph -> StoredGraph.external(graph)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("basepath").setValue("/")));
        assertTrue(message(file).endsWith("external data \"basepath\", expected location, offset, length"));
    }

    @Test
    void linksOfTheHubsCacheAreFollowedIntoItAndNowhereElse() throws IOException {
        Path community = unpacked("community");
        Path repository = folder.resolve("hub/models--a--b");
        Path snapshot = repository.resolve("snapshots/0123");
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        Files.createDirectories(snapshot.resolve("onnx"));
        try (Stream<Path> files = Files.walk(community)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path blob = blobs.resolve("blob" + file.getFileName());
                Files.move(file, blob);
                Path link = snapshot.resolve(community.relativize(file).toString());
                Files.createSymbolicLink(link, link.getParent().relativize(blob));
            }
        }
        Path graph = snapshot.resolve("onnx/model_fp16.onnx");
        load(graph).close();
        Path weights = snapshot.resolve("onnx/model_fp16.onnx_data");
        Path elsewhere = Files.copy(blobs.resolve("blobmodel_fp16.onnx_data"), folder.resolve("elsewhere"));
        Files.delete(weights);
        Files.createSymbolicLink(weights, elsewhere);
        assertEquals(weights + ": expected a file that is no link", message(graph));
    }

    @Test
    void changedBytesAreReadOrRefused() throws IOException {
        Path file = unpacked("community").resolve("onnx/model_fp16.onnx");
        byte[] valid = Files.readAllBytes(file);
        Random random = new Random(6);
        for (int round = 0; round < 60; round++) {
            byte[] changed = valid.clone();
            for (int i = 0; i <= round % 4; i++) {
                changed[random.nextInt(round % 2 == 0 ? changed.length : 600)] = (byte) random.nextInt();
            }
            Files.write(file, changed);
            try {
                load(file).close();
            } catch (ModelException e) {
                assertFalse(String.valueOf(e.getMessage()).contains("\n"), e.getMessage());
            }
        }
        Files.writeString(file, "this is no graph");
        assertEquals(file + ": not an ONNX graph", message(file));
    }

    private static void input(GraphProto.Builder graph, String name) {
        ValueInfoProto ids = graph.getInputList().stream()
                .filter(input -> input.getName().equals("input_ids"))
                .findFirst()
                .orElseThrow();
        graph.addInput(ids.toBuilder().setName(name));
    }

    @Test
    void whatCannotBeOpenedIsRefusedByItsReason() throws IOException {
        Path optimum = unpacked("optimum");
        Path file = optimum.resolve("model.onnx");
        byte[] valid = Files.readAllBytes(file);
        StoredGraph.change(file, graph -> input(graph, "use_cache_branch"));
        assertEquals(
                file + ": input use_cache_branch is not understood, expected ids, mask, positions and a cache",
                message(optimum));
        Files.write(file, valid);
        StoredGraph.change(file, graph -> input(graph, "encoder_hidden_states"));
        assertEquals(file + ": an encoder-decoder, expected a decoder alone", message(optimum));
        Files.write(file, valid);
        StoredGraph.change(file, graph -> graph.getOutputBuilderList().stream()
                .filter(output -> output.getName().equals("present.1.value"))
                .forEach(output -> output.setName("logits")));
        assertTrue(message(optimum).startsWith(file + ": "));
        Files.write(file, valid);
        Path config = optimum.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"vocab_size\": 512", "\"vocab_size\": 500"));
        assertTrue(message(optimum).contains("expected a vocabulary of 500"));
        Files.writeString(config, text.replace("\"vocab_size\": 512", "\"other\": 512"));
        assertEquals(
                optimum + ": vocab_size = (absent) in config.json or genai_config.json, expected a positive number",
                message(optimum));
        Files.writeString(config, text.replace("{", "{\"is_encoder_decoder\": true,"));
        assertEquals(optimum + ": an encoder-decoder, expected a decoder alone", message(optimum));
        Files.writeString(config, text);
        Files.copy(file, optimum.resolve("encoder_model.onnx"));
        assertTrue(message(optimum).startsWith(optimum + ": an encoder-decoder (encoder_model.onnx, model.onnx)"));
        Files.delete(optimum.resolve("encoder_model.onnx"));
        Files.delete(optimum.resolve("tokenizer.json"));
        assertEquals(optimum + ": no tokenizer.json", message(optimum));
        Path genai = unpacked("genai");
        Path genaiConfig = genai.resolve("genai_config.json");
        String written = Files.readString(genaiConfig);
        Files.writeString(genaiConfig, written.replace("\"model.onnx\"", "\"../model.onnx\""));
        assertEquals(
                genaiConfig + ": model.decoder.filename \"../model.onnx\", expected the plain name of a file",
                message(genai));
        Files.writeString(genaiConfig, written.replace("past_key_values.%d.key", "past.%d.key"));
        assertTrue(message(genai).contains(": no cache: no input past.0.key, expected a model that was exported with"));
    }

    @Test
    void itIsNeitherTrainedNorGivenAdapters() throws IOException {
        Path optimum = unpacked("optimum");
        assertEquals(
                optimum + ": an exported model cannot be trained, expected the checkpoint it was made of",
                assertThrows(ModelException.class, () -> OnnxTrainer.of(optimum))
                        .getMessage());
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        Files.writeString(adapter.resolve("adapter_config.json"), "{}");
        Files.writeString(adapter.resolve("adapter_model.safetensors"), "");
        try (OnnxModel model = load(optimum)) {
            assertThrows(ModelException.class, model::trainer);
            assertEquals(
                    optimum + ": an exported model takes no adapters, expected the checkpoint it was made of",
                    assertThrows(ModelException.class, () -> model.with(Adapter.at(adapter)))
                            .getMessage());
        }
        assertTrue(assertThrows(ModelException.class, () -> OnnxRewardModel.load(optimum))
                .getMessage()
                .endsWith("with one label"));
    }

    @Test
    void threadsTakeTurns() throws IOException {
        try (OnnxModel model = load(unpacked("genai"))) {
            List<Continuation> continuations = continuations(20);
            List<Double> one = continuations.stream()
                    .map(each -> model.logLikelihood(each).sum())
                    .toList();
            List<Double> many = continuations.parallelStream()
                    .map(each -> model.logLikelihood(each).sum())
                    .toList();
            for (int i = 0; i < one.size(); i++) {
                assertEquals(one.get(i), many.get(i), 1e-4);
            }
            try (Stream<Completion> reading =
                    model.complete(prompts(4).stream(), Sampling.greedy().maxTokens(5))) {
                assertTrue(reading.findFirst().isPresent());
            }
            model.close();
            assertThrows(IllegalStateException.class, () -> model.logLikelihood(continuations.get(0)));
        }
    }
}
