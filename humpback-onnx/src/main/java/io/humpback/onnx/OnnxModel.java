package io.humpback.onnx;

import io.humpback.model.Adapter;
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
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.run.TokenContinuation;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A Llama checkpoint that runs on ONNX Runtime. Safe for use from many threads: their computations take turns, each of
 * which uses all of the device.
 *
 * <p>Weights are written to a temporary file that the runtime maps, in the folder of the system property
 * {@code java.io.tmpdir}; it is deleted when the model is loaded, where the system allows it, else when it is closed.
 */
public final class OnnxModel implements LanguageModel {

    private final Resources resources;
    private final @Nullable Adapted adapted;
    private final LoadOptions options;
    private final Listener listener;

    /** What all views of a model share. */
    private static final class Resources implements AutoCloseable {
        private final Path path;
        private final ExportedModel model;
        private final Decoder engine;
        private final Tokenizer tokenizer;
        private final PromptEncoder encoder;
        private @Nullable AdaptableModel adaptable;
        private boolean closed;

        Resources(Path path, ExportedModel model, Decoder engine, Tokenizer tokenizer, PromptEncoder encoder) {
            this.path = path;
            this.model = model;
            this.engine = engine;
            this.tokenizer = tokenizer;
            this.encoder = encoder;
        }

        /** {@return the session that takes adapters, opened at the first call} */
        synchronized AdaptableModel adaptable(LoadOptions options) throws IOException {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            if (adaptable == null) {
                if (ExportedModel.isAt(path)) {
                    throw new ModelException(
                            path + ": an exported model takes no adapters, expected the checkpoint it was made of");
                }
                adaptable = AdaptableModel.open(path, model.fingerprint(), options);
            }
            return adaptable;
        }

        @Override
        public synchronized void close() {
            closed = true;
            // in reverse order, each even if another fails
            try (tokenizer;
                    engine) {
                if (adaptable != null) {
                    adaptable.close();
                }
            }
        }
    }

    /** An adapter at the inputs of a model's second session. */
    private record Adapted(StepDecoder engine, String fingerprint) {}

    private OnnxModel(Resources resources, @Nullable Adapted adapted, LoadOptions options, Listener listener) {
        this.resources = resources;
        this.adapted = adapted;
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
        Path adapter = options.adapter().orElse(null);
        if (adapter != null && !PeftAdapter.isAt(adapter)) {
            return load(Adapter.in(adapter).folder(), options.adapter(Optional.empty()));
        }
        if (ExportedModel.isAt(path)) {
            if (adapter != null) {
                throw new ModelException(
                        path + ": an exported model takes no adapters, expected the checkpoint it was made of");
            }
            if (options.device().isCuda()) {
                throw new ModelException(
                        path + ": exported for the CPU, expected a checkpoint for " + options.device());
            }
            return open(path, ExportedModel.read(path), options);
        }
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return OnnxExport.temporary(
                    OnnxExport.source(checkpoint, adapter), adapter, options, (model, with) -> open(path, model, with));
        }
    }

    /** {@return an engine of its own over an exported model} */
    static StepDecoder engine(ExportedModel model, LoadOptions options) {
        return StepDecoder.open(
                model.graph(), options.device().cuda(), options.device().threads(), options.prefixSharing());
    }

    private static OnnxModel open(Path path, ExportedModel model, LoadOptions options) {
        Tokenizer tokenizer = ModelFiles.of(path, model::tokenizer);
        Decoder engine = null;
        try {
            engine = backend(model, options);
            PromptEncoder encoder = PromptEncoder.of(tokenizer, ModelFiles.of(path, () -> model.templates(tokenizer)));
            return new OnnxModel(new Resources(path, model, engine, tokenizer, encoder), null, options, Listener.NONE);
        } catch (RuntimeException e) {
            try (tokenizer) {
                if (engine != null) {
                    engine.close();
                }
            }
            throw e;
        }
    }

    private static Decoder backend(ExportedModel model, LoadOptions options) {
        Device device = options.device();
        return device.isCuda()
                ? LoopDecoder.open(model.graph(), device.cuda(), 0, options.prefixSharing(), options.batch())
                : engine(model, options);
    }

    private Decoder engine() {
        return adapted == null ? resources.engine : adapted.engine;
    }

    @Override
    public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
        inVocabulary(sampling.stopTokens().stream().mapToInt(Integer::intValue).toArray());
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
        Iterator<Completion> completions = engine().complete(new DecodeRequest(
                ids,
                sampling,
                Set.copyOf(resources.model.endIds()),
                contextLength(),
                options.batch(),
                written -> resources.tokenizer.decode(written, true),
                account::add));
        return stream(completions, prompts);
    }

    @Override
    public Stream<Choice> choose(Stream<? extends Prompt> prompts, List<String> texts) {
        if (texts.size() < 2) {
            throw new IllegalArgumentException("options: expected at least two, found " + texts.size());
        }
        Account account = new Account(Task.CHOOSE, listener);
        return batched(
                prompts,
                (prompt, item) -> {
                    int[][] options = options(prompt, texts);
                    fitting(options[0].length - 1, item, contextLength());
                    return options;
                },
                batch -> engine().next(batch.stream()
                        .map(options -> Arrays.copyOf(options[0], options[0].length - 1))
                        .toList()),
                (options, next) -> {
                    int last = options[0].length - 1;
                    double all = logSumExp(next.values());
                    double[] logs = Arrays.stream(options)
                            .mapToDouble(option -> next.values()[option[last]] - all)
                            .toArray();
                    double chosen = Arrays.stream(logs).map(Math::exp).sum();
                    account.add(1, last, next.shared(), 0);
                    return new Choice(logs, Math.log(Math.max(0, 1 - chosen)), last);
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
        return batched(
                continuations,
                (continuation, item) -> scored(continuation, item),
                batch -> engine().logProbabilities(batch),
                (scored, logs) -> {
                    account.add(1, scored.length(), logs.shared(), 0);
                    double[] tokens = IntStream.range(0, logs.values().length)
                            .mapToDouble(i -> logs.values()[i])
                            .toArray();
                    return new Likelihood(tokens, scored.prompt().length);
                });
    }

    private TokenContinuation scored(Continuation continuation, long item) {
        List<Integer> given = continuation.ids();
        int[] completion = inVocabulary(
                given == null
                        ? resources.encoder.encodePlain(Objects.requireNonNull(continuation.text()))
                        : given.stream().mapToInt(Integer::intValue).toArray());
        int[] prompt = encode(continuation.prompt(), item, contextLength());
        TokenContinuation scored = new TokenContinuation(prompt, completion);
        fitting(scored.length(), item, contextLength() + 1);
        return scored;
    }

    private int[] encode(Prompt prompt, long item, int limit) {
        int[] ids = inVocabulary(resources.encoder.encode(prompt));
        fitting(ids.length, item, limit);
        return ids;
    }

    private static void fitting(int tokens, long item, int limit) {
        if (tokens > limit) {
            throw new PromptTooLongException(item, tokens, limit);
        }
    }

    private int[] inVocabulary(int[] ids) {
        for (int id : ids) {
            if (id < 0 || id >= engine().vocabulary()) {
                throw new IllegalArgumentException("token id " + id + ": expected 0 to " + (engine().vocabulary() - 1));
            }
        }
        return ids;
    }

    private interface Work<T, R> {
        R apply(T value, long item);
    }

    /** Values in order: each prepared, as many computed together as suit the device, each result finished. */
    private <T, P, R> Stream<R> batched(
            Stream<? extends T> values,
            Work<T, P> prepare,
            Function<List<P>, List<Decoder.Computed>> compute,
            BiFunction<P, Decoder.Computed, R> finish) {
        Iterator<? extends T> source = values.iterator();
        Iterator<R> results = new Iterator<>() {
            private final Deque<R> ready = new ArrayDeque<>();
            private long item;

            @Override
            public boolean hasNext() {
                return !ready.isEmpty() || source.hasNext();
            }

            @Override
            public R next() {
                if (Thread.interrupted()) {
                    throw new CancellationException("interrupted after " + (item - ready.size()) + " items");
                }
                if (ready.isEmpty()) {
                    List<P> batch = new ArrayList<>();
                    do {
                        batch.add(prepare.apply(source.next(), item++));
                    } while (batch.size() < engine().preferredBatch() && source.hasNext());
                    List<Decoder.Computed> computed = compute.apply(batch);
                    for (int i = 0; i < computed.size(); i++) {
                        ready.add(finish.apply(batch.get(i), computed.get(i)));
                    }
                }
                return ready.remove();
            }
        };
        return stream(results, values);
    }

    private static <R> Stream<R> stream(Iterator<R> results, Stream<?> source) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(results, Spliterator.ORDERED), false)
                .onClose(source::close);
    }

    /** {@inheritDoc} It begins with the base, not with an adapter of this model. */
    @Override
    public OnnxTrainer trainer() {
        return OnnxTrainer.of(resources.path).device(options.device());
    }

    @Override
    public int countTokens(Prompt prompt) {
        return inVocabulary(resources.encoder.encode(prompt)).length;
    }

    @Override
    public int contextLength() {
        return Math.min(options.contextLength(), resources.model.contextLength());
    }

    @Override
    public String fingerprint() {
        return adapted == null ? resources.model.fingerprint() : adapted.fingerprint;
    }

    @Override
    public OnnxModel listening(Listener other) {
        return new OnnxModel(resources, adapted, options, Objects.requireNonNull(other, "listener"));
    }

    /**
     * {@return this model with what a training has left} The first adapter opens a second session beside the one without
     * adapters, which takes as long and as much memory as loading did; all others share it. Tokens are computed as
     * fast as before but for two thin products more for each of the model's. For a long pass with one adapter,
     * {@link LoadOptions#adapter} is faster; a GPU always loads the model so, once more. Closing this model ends what it gave; closing that does not close this one.
     */
    @Override
    public OnnxModel with(Adapter adapter) throws IOException {
        if (adapted != null || options.adapter().isPresent()) {
            throw new ModelException(adapter.folder() + ": the model has an adapter already, expected the plain one");
        }
        if (!PeftAdapter.isAt(adapter.folder())) {
            return load(adapter.folder(), options).listening(listener);
        }
        if (options.device().isCuda()) {
            return load(resources.path, options.adapter(Optional.of(adapter.folder())))
                    .listening(listener);
        }
        StepDecoder engine = resources.adaptable(options).with(adapter.folder());
        String fingerprint = fingerprint() + "+" + adapter.fingerprint();
        return new OnnxModel(resources, new Adapted(engine, fingerprint), options, listener);
    }

    @Override
    public void close() {
        if (adapted == null) {
            resources.close();
        } else {
            adapted.engine.close();
        }
    }

    @Override
    public String toString() {
        return "model " + fingerprint() + " in " + resources.model.precision() + " on " + options.device();
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
            if (moreItems > 0 || morePrompt > 0 || now - told > EVERY_NANOS) {
                told = now;
                listener.progressed(new Listener.Progress(task, items, prompt, shared, written, (now - start) / 1e9));
            }
        }
    }
}
