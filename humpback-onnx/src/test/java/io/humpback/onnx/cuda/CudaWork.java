package io.humpback.onnx.cuda;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import com.sun.jna.Function;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.CudaDevice;
import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.PagedDecoder;
import io.humpback.onnx.run.TokenChoice;
import io.humpback.onnx.run.TokenContinuation;
import io.humpback.onnx.train.EncodedExample;
import io.humpback.onnx.train.Hardware;
import io.humpback.onnx.train.MicroBatch;
import io.humpback.onnx.train.TrainingGraph;
import io.humpback.onnx.train.TrainingSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What a process does on a device, in sections that are counted by themselves. */
enum CudaWork {
    /** Settings: precision, rows, prompt tokens, shared tokens, steps, sampling, and what conditions are read as. */
    DECODE {
        @Override
        void run(Path checkpoint, Path out, List<String> settings) throws IOException {
            int rows = number(settings, 1);
            int prompt = number(settings, 2);
            int shared = number(settings, 3);
            int steps = number(settings, 4);
            Sampling sampling =
                    switch (settings.get(5)) {
                        case "greedy" -> Sampling.greedy();
                        case "nucleus" -> Sampling.nucleus(0.9);
                        default -> Sampling.nucleus(1).topK(Integer.parseInt(settings.get(5)));
                    };
            try (Decoder decoder = decoder(checkpoint, out, settings.get(0), rows)) {
                for (int n : new int[] {3, 1 + steps, 1 + 2 * steps}) {
                    answers(settings.size() > 6 ? settings.get(6) : "1");
                    List<int[]> prompts = prompts(rows, prompt, shared);
                    section(out, "steps" + (n == 3 ? 0 : (n - 1) / steps), () -> decoder.complete(new DecodeRequest(
                                    prompts.iterator(),
                                    sampling.maxTokens(n).ignoreEnd(true),
                                    Set.of(),
                                    8192,
                                    rows,
                                    ids -> "",
                                    (items, tokens, together, written) -> {}))
                            .forEachRemaining(completion -> {}));
                }
            }
        }
    },

    /** Settings: precision, rows, tokens of each; five digits are wanted. */
    CHOOSE {
        @Override
        void run(Path checkpoint, Path out, List<String> settings) throws IOException {
            int rows = number(settings, 1);
            try (Decoder decoder = decoder(checkpoint, out, settings.get(0), rows)) {
                for (String name : List.of("first", "again")) {
                    section(
                            out,
                            name,
                            () -> decoder.choose(prompts(rows, number(settings, 2), 4).stream()
                                    .map(ids -> new TokenChoice(ids, new int[] {1, 2, 3, 4, 5}))
                                    .toList()));
                }
            }
        }
    },

    /** Settings: precision, rows, tokens of prompts, tokens of completions. */
    LIKELIHOOD {
        @Override
        void run(Path checkpoint, Path out, List<String> settings) throws IOException {
            int rows = number(settings, 1);
            int[] completion = new int[number(settings, 3)];
            try (Decoder decoder = decoder(checkpoint, out, settings.get(0), rows)) {
                List<TokenContinuation> all = prompts(rows, number(settings, 2), 1).stream()
                        .map(ids -> new TokenContinuation(ids, completion))
                        .toList();
                for (String name : List.of("first", "again")) {
                    section(out, name, () -> decoder.logProbabilities(all));
                }
            }
        }
    },

    /** Settings: lora or full, rows, tokens of each, labels of each, and other settings of the plan as NAME=VALUE. */
    TRAIN {
        @Override
        void run(Path checkpoint, Path out, List<String> settings) throws IOException {
            TrainingPlan.Builder plan =
                    (settings.get(0).equals("full") ? TrainingPlan.full() : TrainingPlan.lowRank()).toBuilder();
            plan.recompute(TrainingPlan.Recompute.valueOf(settings.get(4)));
            Path graphs = Files.createDirectory(out.resolve("graphs"));
            int rows = number(settings, 1);
            int tokens = number(settings, 2);
            try (Checkpoint opened = Checkpoint.open(checkpoint)) {
                TrainingGraph graph = TrainingGraph.of(opened, plan.build(), Hardware.gpu(CudaDevice.usable(0, true)));
                graph.write(graphs);
                MicroBatch batch = new MicroBatch(
                        Collections.nCopies(
                                rows, new EncodedExample("row", new int[tokens], tokens - number(settings, 3))),
                        0);
                try (TrainingSession session = TrainingSession.open(graphs, graph.parameters(), 0, 0, graph.lean())) {
                    section(out, "first", () -> session.add(batch));
                    section(out, "step", () -> session.add(batch));
                    section(out, "loss", () -> session.loss(batch));
                }
            }
        }
    },

    /** Settings: whether products are in bfloat16. Leaves what is said of the device. */
    ASK {
        @Override
        void run(Path checkpoint, Path out, List<String> settings) throws IOException {
            String said;
            try {
                said = CudaDevice.usable(0, Boolean.parseBoolean(settings.get(0)))
                        .toString();
            } catch (ModelException e) {
                said = e.getMessage();
            }
            Files.writeString(out.resolve(SAID), said);
        }
    };

    static final String SAID = "said";

    private static final LoopDecoder.Memory MUCH = new LoopDecoder.Memory(64L << 30, 4, 2, 128, 128_256, 2);
    private static final PagedDecoder.Memory MUCH_IN_BLOCKS =
            new PagedDecoder.Memory(64L << 30, 2, 2, 64, 256, 512, 128_256, 2);

    abstract void run(Path checkpoint, Path out, List<String> settings) throws IOException;

    /** Runs in a process of its own. @param args the work, the checkpoint, a folder for what is found, settings */
    public static void main(String[] args) throws Exception {
        // the library's environment is this one, which tells where nodes are placed
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_VERBOSE, "stand-in");
        Path out = Path.of(args[2]);
        valueOf(args[0]).run(Path.of(args[1]), out, Arrays.asList(args).subList(3, args.length));
    }

    private static int number(List<String> settings, int at) {
        return Integer.parseInt(settings.get(at));
    }

    private static void section(Path out, String name, Runnable work) {
        standIn("stand_in_reset");
        long start = System.nanoTime();
        work.run();
        System.err.println(name + " " + (System.nanoTime() - start) / 1e9 + " s");
        standIn("stand_in_report", out.resolve(name + ".counts").toString());
    }

    private static void answers(String pattern) {
        standIn("stand_in_answers", pattern);
    }

    private static void standIn(String function, Object... arguments) {
        Function.getFunction("libcudart.so.12", function).invoke(arguments);
    }

    private static Decoder decoder(Path checkpoint, Path out, String precision, int batch) throws IOException {
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            Path graph = Graphs.write(InferenceGraphs.loop(Precision.of(precision), opened, 8192), out);
            return precision.equals("fp32")
                    ? LoopDecoder.open(graph, 0, 0, true, batch, MUCH)
                    : PagedDecoder.open(graph, 0, 0, true, batch, MUCH_IN_BLOCKS);
        }
    }

    /** Prompts of which some first tokens are equal. */
    private static List<int[]> prompts(int rows, int tokens, int shared) {
        return IntStream.range(0, rows)
                .mapToObj(row -> {
                    int[] ids = new int[tokens];
                    Arrays.fill(ids, shared, tokens, 1 + row);
                    return ids;
                })
                .toList();
    }
}
