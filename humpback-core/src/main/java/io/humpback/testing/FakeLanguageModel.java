package io.humpback.testing;

import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.HiddenStates;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.Listener.Progress;
import io.humpback.model.Listener.Task;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.model.Sampling;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A model that answers what it is told to, for tests of code that takes a {@link LanguageModel}. It keeps the other promises
 * of one: it pulls windows of prompts, keeps their order, refuses prompts that are too long, ends when it is interrupted or
 * closed. A token is a word. It remembers what it was asked, and a copy shares that memory with the model it was made from.
 *
 * <pre>{@code
 * FakeLanguageModel model = FakeLanguageModel.create()
 *         .writing((prompt, item, sampling) -> "Why is the sky blue?")
 *         .rating(prompt -> FakeLanguageModel.text(prompt).contains("scatters") ? 4.5 : 2);
 * double score = Scorer.using(model).score("Why is the sky blue?", "Air scatters blue light.").value(); // 4.5
 * }</pre>
 *
 * <p>Immutable, and safe for use from many threads if its functions are. Its {@link #fingerprint} is always {@code fake}.
 */
public final class FakeLanguageModel implements LanguageModel {

    /** What is written after a prompt. */
    @FunctionalInterface
    public interface Writer {
        /**
         * {@return the text that is written, which ends at a stop text or at the most tokens that are asked for}
         *
         * @param prompt what comes before
         * @param item the prompt's number, from {@link Sampling#firstItem()}
         * @param sampling how it was asked
         */
        String write(Prompt prompt, long item, Sampling sampling);
    }

    /** How probable texts are after a prompt. */
    @FunctionalInterface
    public interface Chooser {
        /**
         * {@return a probability for each text, which sum to at most 1; the rest is the probability of anything else}
         *
         * @param prompt what comes before
         * @param texts what may follow
         */
        double[] choose(Prompt prompt, List<String> texts);
    }

    /** How many layers there are, and the state of a prompt after each. */
    private record Stated(int layers, BiFunction<? super Prompt, Integer, float[]> of) {}

    /** What was asked; shared by a model and its copies. */
    private static final class Log {
        final List<Prompt> prompts = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger calls = new AtomicInteger();
        final AtomicInteger openCalls = new AtomicInteger();
        final AtomicBoolean closed = new AtomicBoolean();
    }

    private final Writer writer;
    private final Chooser chooser;
    private final ToDoubleBiFunction<? super Prompt, Integer> likelihood;
    private final Stated states;
    private final int contextLength;
    private final int window;
    private final Listener listener;
    private final Log log;

    private FakeLanguageModel(
            Writer writer,
            Chooser chooser,
            ToDoubleBiFunction<? super Prompt, Integer> likelihood,
            Stated states,
            int contextLength,
            int window,
            Listener listener,
            Log log) {
        this.writer = writer;
        this.chooser = chooser;
        this.likelihood = likelihood;
        this.states = states;
        this.contextLength = contextLength;
        this.window = window;
        this.listener = listener;
        this.log = log;
    }

    /**
     * {@return a model that writes nothing, finds all texts of a choice equally probable and rarer words, by their hash, less
     * probable; with a context of 4,096 words, 4 prompts at a time}
     */
    public static FakeLanguageModel create() {
        return new FakeLanguageModel(
                (prompt, item, sampling) -> "",
                (prompt, texts) -> {
                    double[] probabilities = new double[texts.size()];
                    Arrays.fill(probabilities, 1.0 / probabilities.length);
                    return probabilities;
                },
                (prompt, id) -> -0.5 - id % 8,
                new Stated(0, (prompt, layer) -> new float[0]),
                4096,
                4,
                Listener.NONE,
                new Log());
    }

    /** {@return a copy that writes other texts} */
    public FakeLanguageModel writing(Writer value) {
        return new FakeLanguageModel(
                Objects.requireNonNull(value, "writer"),
                chooser,
                likelihood,
                states,
                contextLength,
                window,
                listener,
                log);
    }

    /** {@return a copy with other probabilities of the texts of a choice} */
    public FakeLanguageModel choosing(Chooser value) {
        return new FakeLanguageModel(
                writer,
                Objects.requireNonNull(value, "chooser"),
                likelihood,
                states,
                contextLength,
                window,
                listener,
                log);
    }

    /**
     * {@return a copy that judges pairs: all probability lies on the two ratings next to the expected one}
     *
     * @param expected the expected rating for a prompt, in [1, 5]; another number is refused when it is asked for
     */
    public FakeLanguageModel rating(ToDoubleFunction<? super Prompt> expected) {
        Objects.requireNonNull(expected, "expected");
        return choosing((prompt, texts) -> FakeJudge.around(expected.applyAsDouble(prompt)));
    }

    /**
     * {@return a copy with other log-probabilities of tokens}
     *
     * @param value the natural logarithm of the probability of a token, given by its id, after a prompt
     */
    public FakeLanguageModel likelihood(ToDoubleBiFunction<? super Prompt, Integer> value) {
        return new FakeLanguageModel(
                writer,
                chooser,
                Objects.requireNonNull(value, "likelihood"),
                states,
                contextLength,
                window,
                listener,
                log);
    }

    /**
     * {@return a copy that has hidden states; the mean over a span is the same times its length}
     *
     * @param layers how many there are
     * @param value the state of a prompt after a layer, given by its number
     */
    public FakeLanguageModel states(int layers, BiFunction<? super Prompt, Integer, float[]> value) {
        Stated given = new Stated(layers, Objects.requireNonNull(value, "states"));
        return new FakeLanguageModel(writer, chooser, likelihood, given, contextLength, window, listener, log);
    }

    /** {@return a copy with another context, in words} */
    public FakeLanguageModel contextLength(int words) {
        return new FakeLanguageModel(writer, chooser, likelihood, states, words, window, listener, log);
    }

    /** {@return a copy that pulls another number of prompts at once} */
    public FakeLanguageModel window(int prompts) {
        return new FakeLanguageModel(writer, chooser, likelihood, states, contextLength, prompts, listener, log);
    }

    /** {@return all prompts so far, in the order in which they were pulled} */
    public List<Prompt> prompts() {
        return List.copyOf(log.prompts);
    }

    /** {@return how often a stream of prompts was given} */
    public int calls() {
        return log.calls.get();
    }

    /** {@return how many of those streams were not closed} */
    public int openCalls() {
        return log.openCalls.get();
    }

    @Override
    public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
        return answer(Task.COMPLETE, prompts, prompt -> prompt, (prompt, item) -> {
            String text = writer.write(prompt, sampling.firstItem() + item, sampling);
            Completion.Finish finish = Completion.Finish.STOP;
            for (String stop : sampling.stopStrings()) {
                int at = text.indexOf(stop);
                text = at < 0 ? text : text.substring(0, at);
            }
            List<String> words = words(text);
            int room = Math.min(sampling.maxTokens(), contextLength - countTokens(prompt));
            if (words.size() > room) {
                words = words.subList(0, room);
                text = String.join(" ", words);
                finish = Completion.Finish.LENGTH;
            }
            return new Completion(
                    text, words.stream().map(FakeLanguageModel::id).toList(), finish, countTokens(prompt));
        });
    }

    @Override
    public Stream<Choice> choose(Stream<Choice.Options> options) {
        return answer(Task.CHOOSE, options, Choice.Options::prompt, (asked, item) -> {
            Prompt prompt = asked.prompt();
            double[] probabilities = chooser.choose(prompt, asked.texts());
            if (probabilities.length != asked.texts().size()) {
                throw new IllegalArgumentException("fake model: found " + probabilities.length
                        + " probabilities, expected one for each of " + asked.texts());
            }
            double other = 1 - Arrays.stream(probabilities).sum();
            double[] logs = Arrays.stream(probabilities).map(Math::log).toArray();
            return new Choice(logs, Math.log(Math.max(other, 0)), countTokens(prompt));
        });
    }

    @Override
    public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
        return answer(Task.LIKELIHOOD, continuations, Continuation::prompt, (continuation, item) -> {
            List<Integer> ids = continuation.ids() != null
                    ? continuation.ids()
                    : words(Objects.requireNonNull(continuation.text())).stream()
                            .map(FakeLanguageModel::id)
                            .toList();
            return new Likelihood(
                    ids.stream()
                            .mapToDouble(id -> likelihood.applyAsDouble(continuation.prompt(), id))
                            .toArray(),
                    countTokens(continuation.prompt()));
        });
    }

    @Override
    public Stream<HiddenStates> hiddenStates(Stream<HiddenStates.Request> requests, List<Integer> layers) {
        if (states.layers == 0) {
            throw new ModelException("fake model: gives no hidden states");
        }
        return answer(Task.STATES, requests, HiddenStates.Request::prompt, (request, item) -> {
            List<float[]> last = layers.stream()
                    .map(layer -> states.of.apply(request.prompt(), layer))
                    .toList();
            List<float[]> mean = new ArrayList<>();
            for (float[] state : request.hasSpan() ? last : List.<float[]>of()) {
                float[] times = state.clone();
                for (int i = 0; i < times.length; i++) {
                    times[i] *= request.to() - request.from();
                }
                mean.add(times);
            }
            return new HiddenStates(last, mean, countTokens(request.prompt()));
        });
    }

    @Override
    public int layers() {
        return states.layers;
    }

    private interface Answerer<Q, R> {
        R answer(Q question, long item);
    }

    private <Q, R> Stream<R> answer(
            Task task, Stream<? extends Q> questions, Function<Q, Prompt> prompt, Answerer<Q, R> answerer) {
        requireOpen();
        log.calls.incrementAndGet();
        log.openCalls.incrementAndGet();
        AtomicBoolean open = new AtomicBoolean(true);
        Spliterator<? extends Q> source = questions.spliterator();
        var answers = new Spliterators.AbstractSpliterator<R>(Long.MAX_VALUE, Spliterator.ORDERED) {
            private final ArrayDeque<R> ready = new ArrayDeque<>();
            private long items;
            private long tokens;

            @Override
            public boolean tryAdvance(Consumer<? super R> action) {
                if (ready.isEmpty()) {
                    work();
                }
                R next = ready.poll();
                if (next != null) {
                    action.accept(next);
                }
                return next != null;
            }

            private void work() {
                requireOpen();
                if (Thread.currentThread().isInterrupted()) {
                    throw new CancellationException("interrupted");
                }
                List<Q> batch = new ArrayList<>();
                while (batch.size() < window && source.tryAdvance(batch::add)) {
                    log.prompts.add(prompt.apply(batch.get(batch.size() - 1)));
                }
                for (Q question : batch) {
                    int length = countTokens(prompt.apply(question));
                    if (length > contextLength) {
                        throw new PromptTooLongException(items, length, contextLength);
                    }
                    ready.add(answerer.answer(question, items++));
                    tokens += length;
                }
                if (!batch.isEmpty()) {
                    listener.progressed(new Progress(task, items, tokens, 0, 0, 0));
                }
            }
        };
        return StreamSupport.stream(answers, false).onClose(questions::close).onClose(() -> {
            if (open.getAndSet(false)) {
                log.openCalls.decrementAndGet();
            }
        });
    }

    @Override
    public int countTokens(Prompt prompt) {
        if (prompt instanceof Prompt.Ids ids) {
            return ids.ids().size();
        }
        return words(text(prompt)).size();
    }

    /** {@return all text of a prompt, turns after each other; empty if it is given as ids} */
    public static String text(Prompt prompt) {
        Objects.requireNonNull(prompt, "prompt");
        if (prompt instanceof Prompt.Chat chat) {
            StringBuilder text = new StringBuilder();
            chat.messages().forEach(message -> text.append(message.content()).append('\n'));
            return text.append(chat.replyStart()).toString();
        }
        return prompt instanceof Prompt.Text raw ? raw.text() : "";
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private static int id(String word) {
        return Math.floorMod(word.hashCode(), 32_000);
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public String fingerprint() {
        return "fake";
    }

    @Override
    public LanguageModel listening(Listener value) {
        return new FakeLanguageModel(writer, chooser, likelihood, states, contextLength, window, value, log);
    }

    private void requireOpen() {
        if (log.closed.get()) {
            throw new IllegalStateException("the model is closed");
        }
    }

    @Override
    public void close() {
        log.closed.set(true);
    }
}
