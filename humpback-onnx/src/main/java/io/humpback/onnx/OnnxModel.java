package io.humpback.onnx;

import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.Listener.Task;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.model.Sampling;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.run.Engine;
import io.humpback.onnx.run.Generation;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Llama checkpoint that runs on ONNX Runtime. Safe for use from many threads: their computations take turns, each of
 * which uses all of the device.
 *
 * <p>Weights are written to a temporary file that the runtime maps, in the folder of the system property
 * {@code java.io.tmpdir}; it is deleted when the model is loaded, where the system allows it, else when it is closed.
 */
public final class OnnxModel implements LanguageModel {

    private final Resources resources;
    private final LoadOptions options;
    private final Listener listener;

    /** What all views of a model share. */
    private record Resources(ExportedModel model, Engine engine, Tokenizer tokenizer, PromptEncoder encoder)
            implements AutoCloseable {
        @Override
        public void close() {
            try (tokenizer;
                    engine) {
                // closed in reverse order, each even if the other fails
            }
        }
    }

    private OnnxModel(Resources resources, LoadOptions options, Listener listener) {
        this.resources = resources;
        this.options = options;
        this.listener = listener;
    }

    /**
     * {@return a model with the default options}
     *
     * @param path a Hugging Face folder, a GGUF file, or a folder that {@link OnnxExport} wrote
     * @throws IOException if reading fails
     * @throws ModelException if it is no Llama that can be run; the message names the file and what was found
     */
    public static OnnxModel load(Path path) throws IOException {
        return load(path, LoadOptions.defaults());
    }

    /**
     * {@return a model}
     *
     * @param path a Hugging Face folder, a GGUF file, or a folder that {@link OnnxExport} wrote
     * @param options how to load it
     * @throws IOException if reading fails
     * @throws ModelException if it is no Llama that can be run, or the device is not there
     */
    public static OnnxModel load(Path path, LoadOptions options) throws IOException {
        if (ExportedModel.isAt(path)) {
            return open(ExportedModel.read(path), options);
        }
        Path folder = Files.createTempDirectory("humpback");
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            OnnxExport.write(checkpoint, folder, options.precision(), options.contextLength());
            return open(ExportedModel.read(folder), options);
        } finally {
            ExportedModel.delete(folder);
        }
    }

    private static OnnxModel open(ExportedModel model, LoadOptions options) {
        Tokenizer tokenizer = model.tokenizer();
        Engine engine = null;
        try {
            engine = Engine.open(
                    model.graph(), options.device().cuda(), options.device().threads(), options.prefixSharing());
            PromptEncoder encoder = PromptEncoder.of(tokenizer, model.templates(tokenizer));
            return new OnnxModel(new Resources(model, engine, tokenizer, encoder), options, Listener.NONE);
        } catch (RuntimeException e) {
            try (tokenizer) {
                if (engine != null) {
                    engine.close();
                }
            }
            throw e;
        }
    }

    @Override
    public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
        Account account = new Account(Task.COMPLETE, listener);
        Iterator<? extends Prompt> source = prompts.iterator();
        Iterator<int[]> ids = new Iterator<>() {
            private long item;

            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public int[] next() {
                return encode(source.next(), item++, contextLength() - 1);
            }
        };
        Generation generation = new Generation(
                resources.engine,
                ids,
                written -> resources.tokenizer.decode(written, true),
                sampling,
                Set.copyOf(resources.model.endIds()),
                contextLength(),
                options.batch(),
                account::add);
        return stream(generation, prompts);
    }

    @Override
    public Stream<Choice> choose(Stream<? extends Prompt> prompts, List<String> texts) {
        if (texts.size() < 2) {
            throw new IllegalArgumentException("options: expected at least two, found " + texts.size());
        }
        Account account = new Account(Task.CHOOSE, listener);
        return mapped(prompts, (prompt, item) -> {
            int[][] options = options(prompt, texts);
            int last = options[0].length - 1;
            int[] ids = fitting(Arrays.copyOf(options[0], last), item, contextLength());
            Engine.Computed next = resources.engine.next(ids);
            double all = logSumExp(next.values());
            double[] logs = Arrays.stream(options)
                    .mapToDouble(option -> next.values()[option[last]] - all)
                    .toArray();
            double chosen = Arrays.stream(logs).map(Math::exp).sum();
            account.add(1, ids.length, next.shared(), 0);
            return new Choice(logs, Math.log(Math.max(0, 1 - chosen)), ids.length);
        });
    }

    /** The prompt followed by each option, tokenised together where they meet; equal but for the last token. */
    private int[][] options(Prompt prompt, List<String> texts) {
        int[][] options = texts.stream().map(text -> followed(prompt, text)).toArray(int[][]::new);
        int last = options[0].length - 1;
        boolean alike = Arrays.stream(options)
                .allMatch(option -> option.length == last + 1 && Arrays.equals(option, 0, last, options[0], 0, last));
        if (!alike
                || Arrays.stream(options)
                                .mapToInt(option -> option[last])
                                .distinct()
                                .count()
                        != texts.size()) {
            throw new IllegalArgumentException("options " + texts
                    + ": expected texts that differ in exactly one token, the last, in this model's vocabulary");
        }
        Arrays.stream(options).forEach(this::inVocabulary);
        return options;
    }

    private int[] followed(Prompt prompt, String text) {
        if (prompt instanceof Prompt.Chat chat) {
            return resources.encoder.encode(chat.replyingWith(chat.replyStart() + text));
        }
        return joined(resources.encoder.encode(prompt), resources.encoder.encodePlain(text));
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static double logSumExp(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }

    @Override
    public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
        Account account = new Account(Task.LIKELIHOOD, listener);
        return mapped(continuations, (continuation, item) -> {
            List<Integer> given = continuation.ids();
            int[] completion = inVocabulary(
                    given == null
                            ? resources.encoder.encodePlain(Objects.requireNonNull(continuation.text()))
                            : given.stream().mapToInt(Integer::intValue).toArray());
            int[] prompt = encode(continuation.prompt(), item, contextLength());
            fitting(joined(prompt, completion), item, contextLength() + 1);
            Engine.Computed logs = resources.engine.logProbabilities(prompt, completion);
            account.add(1, prompt.length + completion.length, logs.shared(), 0);
            double[] tokens = IntStream.range(0, logs.values().length)
                    .mapToDouble(i -> logs.values()[i])
                    .toArray();
            return new Likelihood(tokens, prompt.length);
        });
    }

    private int[] encode(Prompt prompt, long item, int limit) {
        return fitting(inVocabulary(resources.encoder.encode(prompt)), item, limit);
    }

    private static int[] fitting(int[] ids, long item, int limit) {
        if (ids.length > limit) {
            throw new PromptTooLongException(item, ids.length, limit);
        }
        return ids;
    }

    private int[] inVocabulary(int[] ids) {
        for (int id : ids) {
            if (id < 0 || id >= resources.engine.vocabulary()) {
                throw new IllegalArgumentException(
                        "token id " + id + ": expected 0 to " + (resources.engine.vocabulary() - 1));
            }
        }
        return ids;
    }

    private interface Work<T, R> {
        R apply(T value, long item);
    }

    private static <T, R> Stream<R> mapped(Stream<? extends T> values, Work<T, R> work) {
        Iterator<? extends T> source = values.iterator();
        Iterator<R> results = new Iterator<>() {
            private long item;

            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public R next() {
                if (Thread.interrupted()) {
                    throw new CancellationException("interrupted after " + item + " items");
                }
                return work.apply(source.next(), item++);
            }
        };
        return stream(results, values);
    }

    private static <R> Stream<R> stream(Iterator<R> results, Stream<?> source) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(results, Spliterator.ORDERED), false)
                .onClose(source::close);
    }

    @Override
    public int countTokens(Prompt prompt) {
        return resources.encoder.encode(prompt).length;
    }

    @Override
    public int contextLength() {
        return Math.min(options.contextLength(), resources.model.contextLength());
    }

    @Override
    public String fingerprint() {
        return resources.model.fingerprint();
    }

    @Override
    public OnnxModel listening(Listener other) {
        return new OnnxModel(resources, options, Objects.requireNonNull(other, "listener"));
    }

    @Override
    public void close() {
        resources.close();
    }

    @Override
    public String toString() {
        return resources.model + " on " + options.device();
    }

    /** Adds up what a call has done and tells the listener. */
    private static final class Account {
        private static final long EVERY_NANOS = 200_000_000;

        private final Task task;
        private final Listener listener;
        private final long start = System.nanoTime();
        private long told = start;
        private long items;
        private long prompt;
        private long shared;
        private long written;

        Account(Task task, Listener listener) {
            this.task = task;
            this.listener = listener;
        }

        void add(int moreItems, int morePrompt, int moreShared, int moreWritten) {
            items += moreItems;
            prompt += morePrompt;
            shared += moreShared;
            written += moreWritten;
            long now = System.nanoTime();
            if (moreItems > 0 || now - told > EVERY_NANOS) {
                told = now;
                listener.progressed(new Listener.Progress(task, items, prompt, shared, written, (now - start) / 1e9));
            }
        }
    }
}
