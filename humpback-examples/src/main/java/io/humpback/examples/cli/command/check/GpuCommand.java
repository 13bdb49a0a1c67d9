package io.humpback.examples.cli.command.check;

import io.humpback.examples.bench.Agreement;
import io.humpback.examples.bench.Bench;
import io.humpback.examples.bench.Benchmark;
import io.humpback.examples.bench.Benchmarks;
import io.humpback.examples.bench.RandomCheckpoint;
import io.humpback.examples.bench.Subject;
import io.humpback.examples.bench.Workload;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.nano.Nano;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.LanguageModel;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A GPU in, a table out: whether it computes what the CPU does, and how fast. */
@Command(
        name = "gpu",
        sortOptions = false,
        description =
                "Compares what a GPU computes with what the CPU does, in each precision and in training, then measures it with "
                        + "random weights of published sizes: about ten minutes. Exit status 1 if a result is wrong.")
public final class GpuCommand implements Callable<Integer> {

    /** What is measured of a size. */
    private static final Set<String> MEASURED =
            Set.of("prefill_512", "prefill_8x256", "decode_1", "decode_8", "decode_32", "train_lora_4x256");

    private static final int RUNS = 3;
    private static final long SHARD_BYTES = 5_000_000_000L;

    @Spec
    private CommandSpec spec;

    @Option(names = "--number", paramLabel = "N", defaultValue = "0", description = "Of the GPU; 0 by default.")
    private int number;

    @Option(
            names = "--model",
            paramLabel = "M",
            defaultValue = Nano.NAME,
            description = "A checkpoint to compare with; the small one that comes with the program by default.")
    private Path model = Path.of(Nano.NAME);

    @Option(
            names = "--like",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "llama-3.2-1b,llama-3.2-3b",
            description = "Sizes to measure, or none; ${DEFAULT-VALUE} by default.")
    private List<String> like = List.of();

    @Option(
            names = "--on-cpu",
            hidden = true,
            description = "Compares the CPU with itself, to see that all of it runs.")
    private boolean onCpu;

    private boolean wrong;

    @Override
    public Integer call() throws IOException {
        if (number < 0) {
            throw new ParameterException(spec.commandLine(), "--number = " + number + ": expected at least 0");
        }
        List<String> sizes = like.stream().filter(size -> !size.equals("none")).toList();
        for (String size : sizes) {
            try {
                RandomCheckpoint.configLike(size);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
            }
        }
        Device device = onCpu ? Device.cpu() : Device.cuda(number);
        Path checkpoint = Nano.resolve(model);
        compare(checkpoint, device);
        for (String size : sizes) {
            measure(size, checkpoint, device);
        }
        return wrong ? 1 : 0;
    }

    private void compare(Path checkpoint, Device device) throws IOException {
        print("# " + device + " against the CPU, " + model);
        for (Precision precision : List.of(Precision.FP32, Precision.BF16, Precision.INT4)) {
            Agreement found = computed(checkpoint, device, precision);
            Agreement expected = computed(checkpoint, Device.cpu(), precision);
            boolean rounded = precision != Precision.FP32 && device.isCuda();
            found.against(expected, precision.key(), rounded).forEach(this::print);
        }
        print(Agreement.losses(
                "lora", Agreement.losses(checkpoint, device), Agreement.losses(checkpoint, Device.cpu())));
    }

    private Agreement computed(Path checkpoint, Device device, Precision precision) throws IOException {
        try (LanguageModel loaded = load(checkpoint, options(device, precision))) {
            return Agreement.of(loaded);
        }
    }

    private LanguageModel load(Path checkpoint, LoadOptions options) throws IOException {
        return Context.of(spec).models().load(checkpoint, options);
    }

    private static LoadOptions options(Device device, Precision precision) {
        return LoadOptions.defaults().device(device).precision(precision).caching(false);
    }

    private void measure(String size, Path tokenizer, Device device) throws IOException {
        Path parent = TemporaryFiles.newFolder("gpu");
        Path folder = parent.resolve(size);
        try {
            new RandomCheckpoint(RandomCheckpoint.configLike(size), 0, SHARD_BYTES).write(folder, tokenizer);
            for (Precision precision : List.of(Precision.BF16, Precision.INT4)) {
                print("# " + device + ", random weights of " + size + ", " + precision.key());
                Bench bench = new Bench(new Workload(List.of(), List.of()), RUNS);
                LoadOptions options = options(device, precision);
                try (Subject subject = new Subject(folder, options, more -> load(folder, more.apply(options)))) {
                    for (Benchmark benchmark : measured(precision)) {
                        print(bench.measure(benchmark, subject));
                    }
                }
            }
        } finally {
            Folders.delete(parent);
        }
    }

    /** Training is measured once: a frozen weight is what the checkpoint stores. */
    private static List<Benchmark> measured(Precision precision) {
        List<Benchmark> measured = new ArrayList<>(Benchmarks.list());
        measured.removeIf(benchmark -> !MEASURED.contains(benchmark.key())
                || benchmark.key().startsWith("train") && precision != Precision.BF16);
        return measured;
    }

    private void print(Agreement.Row row) {
        wrong |= !row.isRight();
        print((Object) row);
    }

    private void print(Object line) {
        PrintWriter out = Context.of(spec).terminal().out();
        out.println(line);
        out.flush();
    }
}
