package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Adapter;
import io.humpback.model.Continuation;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.peft.AdapterFolder;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import io.humpback.onnx.run.StepDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters at the inputs of a session and merged into weights: against PEFT, against one another, and their lives. */
class OnnxAdapterTest {

    @TempDir
    private Path folder;

    static LoadOptions options(Precision precision) {
        return LoadOptions.defaults().precision(precision).device(Device.cpu(1)).contextLength(256);
    }

    private static Path golden() {
        return Reference.file("data/golden/training/lora-adapter");
    }

    static float[] unmerged(Path source, Path adapter, Precision precision, int[] ids) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source);
                AdaptableModel model = AdaptableModel.open(
                        source, OnnxExport.fingerprint(checkpoint, null, precision), options(precision));
                StepDecoder engine = model.with(adapter)) {
            return engine.next(ids).values();
        }
    }

    static float[] merged(Path source, Path adapter, Precision precision, int[] ids) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source);
                StepDecoder engine = ConvertedModel.open(
                        OnnxExport.source(checkpoint, adapter),
                        adapter,
                        options(precision),
                        LoadedModel::stepDecoder)) {
            return engine.next(ids).values();
        }
    }

    private static double distance(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    static double deviation(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum / a.length);
    }

    @Test
    void bothWaysGiveTheLogitsOfPeft() throws IOException {
        for (JsonNode sequence : Reference.golden("training/lora.json").path("sequences")) {
            int[] ids = Reference.ids(sequence.path("ids"));
            float[] expected = new float[sequence.path("last_logits").size()];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = sequence.path("last_logits").get(i).floatValue();
            }
            float[] one = unmerged(Reference.tiny(), golden(), Precision.FP32, ids);
            float[] two = merged(Reference.tiny(), golden(), Precision.FP32, ids);
            assertEquals(0, distance(expected, one), 5e-5);
            assertEquals(0, distance(expected, two), 5e-5);
            assertTrue(distance(expected, merged(Reference.tiny(), null, Precision.FP32, ids)) > 0.1);
        }
    }

    /** Rounded weights are off by as much with the adapter as without, and far less than what the adapter changes. */
    @ParameterizedTest
    @EnumSource
    void everyPrecisionAgreesWithTheReference(Precision precision) throws IOException {
        int[] ids = Reference.ids(
                Reference.golden("training/lora.json").path("sequences").get(1).path("ids"));
        float[] plain = merged(Reference.tiny(), null, Precision.FP32, ids);
        float[] expected = merged(Reference.tiny(), golden(), Precision.FP32, ids);
        double rounding = deviation(plain, merged(Reference.tiny(), null, precision, ids));
        double change = deviation(plain, expected);
        double bound = Math.max(1.5 * rounding, 1e-3);
        assertTrue(bound < change, rounding + " of " + change);
        assertEquals(0, deviation(expected, unmerged(Reference.tiny(), golden(), precision, ids)), bound);
        // merged weights are rounded anew, bfloat16 ones for the first time
        assertEquals(
                0,
                deviation(expected, merged(Reference.tiny(), golden(), precision, ids)),
                Math.max(bound, change / 20));
    }

    @Test
    void greedyIdsWithTheAdapterAreThoseOfPeft() throws IOException {
        JsonNode greedy = Reference.golden("training/lora.json").path("greedy40");
        Prompt prompt = Prompt.ids(Reference.list(Reference.ids(greedy.path("prompt_ids"))));
        List<Integer> expected = Reference.list(Reference.ids(greedy.path("new_ids")));
        Sampling sampling = Sampling.greedy().maxTokens(expected.size()).ignoreEnd(true);
        assertTrue(greedy.path("min_gap").asDouble() > 1e-3);
        LoadOptions options = options(Precision.FP32);
        try (OnnxModel base = OnnxModel.load(Reference.tiny(), options);
                OnnxModel adapted = base.with(Adapter.at(golden()));
                OnnxModel merged = OnnxModel.load(Reference.tiny(), options.adapter(Optional.of(golden())))) {
            List<Integer> plain = base.complete(prompt, sampling).ids();
            assertNotEquals(expected, plain);
            // one after the other, so that a key or value of another adapter in a shared prefix would show
            assertEquals(expected, adapted.complete(prompt, sampling).ids());
            assertEquals(plain, base.complete(prompt, sampling).ids());
            assertEquals(expected, adapted.complete(prompt, sampling).ids());
            assertEquals(expected, merged.complete(prompt, sampling).ids());
            base.release();
            merged.release();
            assertEquals(expected, adapted.complete(prompt, sampling).ids());
            assertEquals(expected, merged.complete(prompt, sampling).ids());
            assertEquals(plain, base.complete(prompt, sampling).ids());
        }
    }

    /** The golden adapter with its scale changed and only some modules, of their own ranks. */
    private Path other() throws IOException {
        Path to = folder.resolve("other");
        try (Checkpoint base = Checkpoint.open(Reference.tiny())) {
            PeftAdapter adapter = PeftAdapter.read(golden(), base.config());
            List<LowRank> some = adapter.modules().stream()
                    .filter(module -> !module.module().contains("layers.1")
                            && !module.module().contains("k_proj"))
                    .toList();
            PeftAdapter changed = new PeftAdapter(8, 5, true, 0, "tiny", some);
            AdapterFolder.write(changed, to, base);
        }
        return to;
    }

    private static double[] likelihood(OnnxModel model) {
        return model.logLikelihood(Continuation.of(Prompt.ids(List.of(507, 30, 394, 318)), List.of(276, 399, 122)))
                .tokens();
    }

    @Test
    void severalAdaptersShareASessionAndNothingElse() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        try (Stream<Path> files = Files.list(Reference.tiny())) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        }
        Path other = other();
        LoadOptions options = options(Precision.FP32);
        try (OnnxModel base = OnnxModel.load(copy, options)) {
            double[] plain = likelihood(base);
            OnnxModel first = base.with(Adapter.at(golden()));
            double[] firsts = likelihood(first);
            Files.delete(copy.resolve("model.safetensors")); // what is loaded stays so
            try (OnnxModel second = base.with(Adapter.at(other));
                    OnnxModel alone = OnnxModel.load(Reference.tiny(), options.adapter(Optional.of(other)))) {
                double[] seconds = likelihood(second);
                assertArrayEquals(likelihood(alone), seconds, 5e-5);
                assertTrue(Math.abs(firsts[0] - plain[0]) > 1e-3 && Math.abs(firsts[0] - seconds[0]) > 1e-3);
                assertArrayEquals(firsts, likelihood(first));
                first.close();
                first.close();
                assertThrows(IllegalStateException.class, () -> likelihood(first));
                assertArrayEquals(seconds, likelihood(second));
                assertArrayEquals(plain, likelihood(base));
                assertEquals(base.fingerprint() + "+" + Adapter.at(other).fingerprint(), second.fingerprint());
                assertEquals(
                        second.fingerprint(), second.listening(progress -> {}).fingerprint());
                base.close();
                assertThrows(IllegalStateException.class, () -> likelihood(second));
                assertThrows(IllegalStateException.class, () -> base.with(Adapter.at(other)));
            }
        }
    }

    @Test
    void aCheckpointThatHasChangedMeanwhileTakesNoAdapterAndIsNotOpenedAgain() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        try (Stream<Path> files = Files.list(Reference.tiny())) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        }
        try (OnnxModel base = OnnxModel.load(copy, options(Precision.FP32))) {
            base.release();
            Files.writeString(copy.resolve("generation_config.json"), "{}");
            String message = assertThrows(ModelException.class, () -> base.with(Adapter.at(golden())))
                    .getMessage();
            assertEquals(copy + ": has changed since the model was loaded", message);
            assertEquals(
                    message,
                    assertThrows(ModelException.class, () -> likelihood(base)).getMessage());
        }
    }

    @Test
    void aWholeModelTakesThePlaceOfTheBase() throws IOException {
        Path whole = Reference.tiny();
        LoadOptions options = options(Precision.FP32);
        try (OnnxModel base = OnnxModel.load(whole, options.adapter(Optional.of(golden())));
                OnnxModel other = OnnxModel.load(Path.of("unused"), options.adapter(Optional.of(whole)));
                OnnxModel again = other.with(Adapter.at(whole))) {
            assertEquals(other.fingerprint(), again.fingerprint());
            assertArrayEquals(likelihood(other), likelihood(again));
            assertNotEquals(likelihood(base)[0], likelihood(other)[0]);
        }
    }

    @Test
    void aModelWithAnAdapterTakesNoOther() throws IOException {
        Adapter adapter = Adapter.at(golden());
        LoadOptions options = options(Precision.FP32);
        try (OnnxModel base = OnnxModel.load(Reference.tiny(), options);
                OnnxModel adapted = base.with(adapter);
                OnnxModel merged = OnnxModel.load(Reference.tiny(), options.adapter(Optional.of(golden())))) {
            for (OnnxModel model : List.of(adapted, merged)) {
                assertTrue(assertThrows(ModelException.class, () -> model.with(adapter))
                        .getMessage()
                        .endsWith("the model has an adapter already, expected the plain one"));
            }
        }
    }

    @Test
    void anExportedModelTakesNoAdapterButMayHaveOneMerged() throws IOException {
        Path exported = folder.resolve("exported");
        LoadOptions options = options(Precision.FP32);
        OnnxExport.write(Reference.tiny(), golden(), exported, Precision.FP32);
        try (OnnxModel model = OnnxModel.load(exported, options);
                OnnxModel merged = OnnxModel.load(Reference.tiny(), options.adapter(Optional.of(golden())))) {
            assertEquals(merged.fingerprint(), model.fingerprint());
            assertArrayEquals(likelihood(merged), likelihood(model));
            String message = assertThrows(ModelException.class, () -> model.with(Adapter.at(golden())))
                    .getMessage();
            assertTrue(message.startsWith(exported + ": an exported model takes no adapters"), message);
        }
        assertThrows(ModelException.class, () -> OnnxModel.load(exported, options.adapter(Optional.of(golden()))));
    }

    @Test
    void anAdapterOfAnotherTemplateOrBaseIsRefused() throws IOException {
        Path other = other();
        Path origin = other.resolve("humpback.json");
        String written = Files.readString(origin);
        Files.writeString(origin, written.replaceAll("\"template\" : \"..", "\"template\" : \"zz"));
        try (Checkpoint base = Checkpoint.open(Reference.tiny())) {
            String template = assertThrows(ModelException.class, () -> AdapterFolder.read(other, base))
                    .getMessage();
            assertTrue(template.contains("humpback.json: trained with the chat template of SHA-256 zz"), template);
            Files.writeString(origin, written.replaceAll("\"config\" : \"..", "\"config\" : \"zz"));
            String config = assertThrows(ModelException.class, () -> AdapterFolder.read(other, base))
                    .getMessage();
            assertTrue(config.contains("trained with the base's configuration of SHA-256 zz"), config);
            Files.writeString(origin, written.replaceAll("\"base\" : \"..", "\"base\" : \"zz"));
            assertEquals(24, AdapterFolder.read(other, base).modules().size() + 6); // another checkpoint, warned of
        }
        try (Checkpoint base = Checkpoint.open(Reference.file("data/golden/tiny-llama3-headdim"))) {
            String shape = assertThrows(ModelException.class, () -> AdapterFolder.read(golden(), base))
                    .getMessage();
            assertTrue(shape.contains("shape [8, 128], expected [8, 64] for this rank and this base"), shape);
        }
    }
}
