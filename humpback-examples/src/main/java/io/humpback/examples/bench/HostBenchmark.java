package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.ModelException;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import io.humpback.onnx.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rating pairs with all that the host does and next to no arithmetic: prompts, templates, tokens, batches and results are
 * the model's own, but its weights are those of one block of width 16. It shows how many rows a GPU could be given.
 */
record HostBenchmark() implements Benchmark {

    private static final int PAIRS = 4000;
    private static final int WIDTH = 16;
    private static final int CONTEXT = 8192;

    @Override
    public String key() {
        return "score_host";
    }

    @Override
    public String unit() {
        return "pairs/s";
    }

    /** It needs the files of a tokenizer, which not every model has. */
    @Override
    public boolean isDefault() {
        return false;
    }

    @Override
    public String precision(Subject subject) {
        return "fp32";
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) throws IOException {
        if (!Files.exists(subject.path().resolve("tokenizer.json"))) {
            throw new ModelException(subject.path() + ": score_host: expected a folder with tokenizer.json");
        }
        Path folder = TemporaryFiles.newFolder("host");
        try {
            Path narrow = folder.resolve("model");
            new RandomCheckpoint(config(subject.path()), 0, Long.MAX_VALUE).write(narrow, subject.path());
            return new Host(folder, OnnxModel.load(narrow, LoadOptions.defaults()));
        } catch (IOException | RuntimeException e) {
            Folders.delete(folder);
            throw e;
        }
    }

    /** {@return a configuration with the vocabulary of a checkpoint and little else} */
    private static ObjectNode config(Path path) throws IOException {
        ObjectNode config = RandomCheckpoint.configLike("llama-3.2-1b");
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            config.put("vocab_size", checkpoint.config().vocabSize());
        }
        config.remove(List.of("bos_token_id", "eos_token_id", "rope_scaling"));
        return config.put("hidden_size", WIDTH)
                .put("intermediate_size", WIDTH)
                .put("num_hidden_layers", 1)
                .put("num_attention_heads", 1)
                .put("num_key_value_heads", 1)
                .put("head_dim", WIDTH)
                .put("max_position_embeddings", CONTEXT);
    }

    private record Host(Path folder, OnnxModel model) implements Probe {

        @Override
        public Sample run(ObjectNode notes) {
            Stream<Example> pairs = IntStream.range(0, PAIRS)
                    .mapToObj(i -> new Example(
                            "What comes after " + i + ", and why?",
                            "The number " + (i + 1) + ", for one is added to it each time."));
            long[] kept = new long[1];
            double seconds = Sample.seconds(() -> {
                try (Stream<Scored<Example>> scored = Scorer.using(model).score(pairs)) {
                    kept[0] = scored.filter(Scored::kept).count();
                }
            });
            return new Sample(kept[0], seconds);
        }

        @Override
        public void close() throws IOException {
            model.close();
            Folders.delete(folder);
        }
    }
}
