package io.humpback.onnx.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.cuda.Found.Counted;
import io.humpback.onnx.cuda.StandIn.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ONNX Runtime's CUDA provider on every graph that a GPU gets, with the vocabulary of Llama 3, over a stand-in for CUDA: which
 * kernels there are, where nodes are placed, what is launched and copied, and how much memory is taken are as on a GPU. Numbers and times
 * are not: see the tests of the same graphs on a CPU.
 */
class CudaProviderTest {

    private static final int LAYERS = ZeroCheckpoint.CONFIG.layers();
    private static final int VOCABULARY = ZeroCheckpoint.CONFIG.vocabSize();
    private static final int ROWS = 4;
    private static final int STEPS = 4;
    private static final long MIB = 1 << 20;

    /** What the host computes of shapes alone. */
    private static final Set<String> SHAPE_ARITHMETIC =
            Set.of("Add", "Cast", "Concat", "Div", "Gather", "Mul", "ReduceSum", "Reshape", "Slice", "Sub");

    /** Places of weights, whose operators belong on the device. */
    private static final Predicate<String> OF_A_WEIGHT =
            node -> node.contains("_proj") || node.contains("norm") || node.contains("lm_head/Gemm");

    private static final Predicate<String> DENSE =
            name -> name.contains("GemmEx") || name.contains("Sgemm_v2") || name.contains("GemmFpAIntB");
    private static final Predicate<String> BATCHED =
            name -> name.contains("emmBatched") || name.contains("emmStridedBatched");
    private static final Predicate<String> FLASH = name -> name.contains("flash_fwd");
    private static final Predicate<String> SORT = name -> name.contains("RadixSort");
    private static final Predicate<String> CUDNN = name -> name.startsWith("cuDNN");

    @TempDir
    static Path folder;

    private static StandIn standIn;
    private static Path checkpoint;

    @BeforeAll
    static void build() throws Exception {
        standIn = StandIn.build(Files.createDirectory(folder.resolve("cuda")));
        checkpoint = ZeroCheckpoint.write(Files.createDirectory(folder.resolve("checkpoint")));
    }

    /** Conditions of a generation alternate: whether a step sorts the vocabulary, whether there is another step. */
    private static Found generated(Machine machine, String precision, String sampling, String conditions)
            throws Exception {
        return standIn.run(
                machine,
                CudaWork.DECODE,
                checkpoint,
                precision,
                Integer.toString(ROWS),
                "20",
                "8",
                Integer.toString(STEPS),
                sampling,
                conditions);
    }

    /** A step's share of a longer generation. */
    private static double perStep(Found found, ToLongFunction<Counted> count) {
        return (count.applyAsLong(found.section("steps2")) - count.applyAsLong(found.section("steps1")))
                / (double) STEPS;
    }

    private static void runsOnTheDevice(Found found) {
        found.onCpu().forEach(node -> {
            assertTrue(SHAPE_ARITHMETIC.contains(node.substring(0, node.indexOf(' '))), node + " on the CPU");
            assertTrue(!OF_A_WEIGHT.test(node), node + " on the CPU");
        });
        assertTrue(found.onCuda().size() > 100, found.onCuda().toString());
        found.counted().forEach((name, counted) -> {
            assertEquals(0, counted.times(CUDNN), name + ": cuDNN");
            assertEquals(0, counted.times("launch refused"::equals), name);
            assertEquals(0, counted.times("product in TF32"::equals), name);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "int4"})
    void aStepOverBlocksStaysWithinItsBudget(String precision) throws Exception {
        Found found = generated(Machine.H100, precision, "nucleus", "01");
        runsOnTheDevice(found);
        assertEquals(4 * LAYERS + 1, perStep(found, counted -> counted.times(DENSE)), "products with weights");
        assertEquals(0, perStep(found, counted -> counted.times(BATCHED)), "products of attention");
        assertEquals(LAYERS, perStep(found, counted -> counted.times(FLASH)), "attentions that read blocks");
        double launches = perStep(found, Counted::launches);
        assertTrue(launches <= 100 + 14 * LAYERS, launches + " launches");
        double copies = perStep(found, Counted::copiesToDevice);
        assertTrue(copies <= 4, copies + " copies to the device, in layers none");
        assertTrue(perStep(found, counted -> counted.times("copy on the device"::equals)) <= 6, "of a few bytes");
        assertTrue(perStep(found, counted -> counted.size("copy on the device")) <= 64 * ROWS, "none of the cache");
        assertTrue(perStep(found, Counted::copiesToHost) <= 3, "two conditions and a number to the host");
        assertEquals(2, perStep(found, counted -> counted.times("synchronisation"::equals)));
        long peak = found.section("steps2").peak();
        assertTrue(peak <= 150 * MIB, peak / MIB + " MiB");
    }

    @Test
    void aStepOverSegmentsStaysWithinItsBudget() throws Exception {
        Found found = generated(Machine.H100, "fp32", "nucleus", "01");
        runsOnTheDevice(found);
        assertEquals(7 * LAYERS + 1, perStep(found, counted -> counted.times(DENSE)), "products with weights");
        assertEquals(6 * LAYERS, perStep(found, counted -> counted.times(BATCHED)), "products of attention");
        double launches = perStep(found, Counted::launches);
        assertTrue(launches <= 80 + 30 * LAYERS, launches + " launches");
        double copies = perStep(found, Counted::copiesToDevice);
        assertTrue(copies <= 20 + 20 * LAYERS, copies + " copies to the device");
        assertEquals(2, perStep(found, Counted::copiesToHost), "copies to the host");
        assertEquals(2, perStep(found, counted -> counted.times("synchronisation"::equals)));
        long peak = found.section("steps2").peak();
        assertTrue(peak <= 300 * MIB, peak / MIB + " MiB");
    }

    @Test
    void cudnnChangesNothing() throws Exception {
        Found without = generated(Machine.H100, "bf16", "nucleus", "01");
        Found with = generated(Machine.H100.withCudnn(), "bf16", "nucleus", "01");
        runsOnTheDevice(with);
        assertEquals(
                without.section("steps2").byName().keySet(),
                with.section("steps2").byName().keySet());
        assertEquals(
                without.section("steps2").launches(), with.section("steps2").launches());
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "nucleus", "50"})
    void aStepNeitherSortsTheVocabularyNorSumsUpAlongIt(String sampling) throws Exception {
        Found found = generated(Machine.H100, "bf16", sampling, "01");
        runsOnTheDevice(found);
        Counted counted = found.section("steps2");
        assertEquals(0, counted.times(SORT));
        long sums = counted.byName().entrySet().stream()
                .filter(entry -> entry.getKey().contains("CumSum"))
                .mapToLong(entry -> entry.getValue().size() / entry.getValue().times())
                .max()
                .orElseThrow();
        assertTrue(sums <= ROWS * 1024, sums + " threads sum up");
    }

    @Test
    void aDrawThatTheCandidatesLeaveOpenSortsTheVocabulary() throws Exception {
        Found found = generated(Machine.H100, "bf16", "nucleus", "1");
        runsOnTheDevice(found);
        assertTrue(found.section("steps2").times(SORT) > 0);
    }

    @Test
    void likelihoodsDoNotHoldTheLogitsOfAllTargets() throws Exception {
        int rows = 4 * ROWS;
        int targets = rows * 300;
        Found found =
                standIn.run(Machine.H100, CudaWork.LIKELIHOOD, checkpoint, "bf16", Integer.toString(rows), "20", "300");
        runsOnTheDevice(found);
        long logits = 4L * targets * VOCABULARY;
        long peak = found.section("again").peak();
        assertTrue(peak < logits / 2, peak / MIB + " MiB, where all logits have " + logits / MIB);
        assertTrue(found.section("again").copiesToDevice() < 200);
    }

    @Test
    void promptsAreRatedInOneRunThatGivesTheDigitsAlone() throws Exception {
        Found found = standIn.run(Machine.H100, CudaWork.CHOOSE, checkpoint, "bf16", Integer.toString(ROWS), "30");
        runsOnTheDevice(found);
        Counted counted = found.section("again");
        assertEquals(LAYERS, counted.times(FLASH), "one pass");
        assertTrue(counted.launches() < 250, counted.launches() + " launches");
        long bytes = counted.size("copy to the host");
        assertTrue(bytes <= 1024, bytes + " bytes to the host");
    }

    @ParameterizedTest
    @CsvSource({"lora, OFF, 800, 400", "lora, ON, 900, 400", "full, OFF, 700, 900"})
    void aTrainingStepRunsOnTheDevice(String kind, String recompute, long most, long mebibytes) throws Exception {
        Found found = standIn.run(Machine.H100, CudaWork.TRAIN, checkpoint, kind, "4", "64", "40", recompute);
        runsOnTheDevice(found);
        Counted step = found.section("step");
        assertTrue(step.launches() <= most, step.launches() + " launches");
        assertTrue(step.peak() <= mebibytes * MIB, step.peak() / MIB + " MiB");
        assertEquals(step.peak(), found.section("loss").peak(), "a loss takes weights of its own");
        long products = step.times(name -> name.contains("GemmEx"));
        assertEquals(kind.equals("lora"), products >= 10 * LAYERS, products + " products in bfloat16");
    }

    private static String said(Machine machine, boolean bfloat16) throws Exception {
        return standIn.run(machine, CudaWork.ASK, checkpoint, Boolean.toString(bfloat16))
                .said();
    }

    @Test
    void theDeviceIsToldByItsDriver() throws Exception {
        assertEquals(
                "stand-in for an H100, compute capability 9.0, 16.0 GB",
                said(Machine.H100.with("STAND_IN_MEMORY", "16000000000"), true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "STAND_IN_DRIVER | 0 | cuda:0: there is no NVIDIA GPU, or this process may not use it",
                "STAND_IN_DRIVER | 11040 | cuda:0: the NVIDIA driver is for CUDA 11.4, expected one for 12.0 or later",
                "STAND_IN_CAPABILITY | 7.5 | cuda:0: stand-in for an H100 has compute capability 7.5, expected 8.0 or later"
                        + " for bf16 and int4 (fp32 runs from 6.0 on)",
                "STAND_IN_CAPABILITY | 10.0 | cuda:0: stand-in for an H100 has compute capability 10.0, expected 8.0 to 9.x"
                        + " or 12.x, which ONNX Runtime 1.29 has code for",
                "LD_LIBRARY_PATH | /nowhere | cuda:0: no NVIDIA driver is installed: libcuda.so.1 is not found"
            })
    void whatIsMissingIsToldInALine(String setting, String value, String expected) throws Exception {
        assertEquals(expected, said(Machine.H100.with(setting, value), true));
    }

    @Test
    void aLibraryThatIsMissingIsNamed() throws Exception {
        assertEquals(
                "cuda:0: libcublasLt.so.12 is not found: expected the libraries of CUDA 12 (cudart, cuBLAS, cuRAND) in the path"
                        + " of libraries",
                said(standIn.withoutLibraries(), true));
    }

    @Test
    void anOlderGpuComputesInThirtyTwoBits() throws Exception {
        assertEquals(
                "stand-in for an H100, compute capability 7.5, 85.9 GB",
                said(Machine.H100.with("STAND_IN_CAPABILITY", "7.5"), false));
    }
}
