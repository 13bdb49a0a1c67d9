package io.humpback.model;

import io.humpback.model.Listener.Progress;
import io.humpback.model.Listener.Task;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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
 * A model that does what a test tells it, and otherwise keeps all promises of {@link LanguageModel}: windows, order,
 * laziness, limits, closing, cancellation. A token is a word. It remembers the prompts it was asked.
 */
public final class ScriptedModel implements LanguageModel {

    /** What is written after a prompt; the item's number and the sampling fix it. */
    public interface Writer {
        String write(Prompt prompt, long item, Sampling sampling);
    }

    /** How many layers there are, and the state of a prompt after each. */
    private record Stated(int layers, BiFunction<Prompt, Integer, float[]> of) {}

    /** What a test may look at; shared by a model and its copies. */
    private static final class Log {
        final List<Prompt> prompts = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger calls = new AtomicInteger();
        final AtomicInteger openCalls = new AtomicInteger();
        final AtomicBoolean closed = new AtomicBoolean();
    }

    private final Writer writer;
    private final Function<Prompt, double[]> chooser;
    private final ToDoubleBiFunction<Prompt, Integer> likelihood;
    private final Stated states;
    private final int contextLength;
    private final int window;
    private final Listener listener;
    private final Log log;

    private ScriptedModel(
            Writer writer,
            Function<Prompt, double[]> chooser,
            ToDoubleBiFunction<Prompt, Integer> likelihood,
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

    /** A model that writes nothing and finds all options equally probable, with a context of 4096 words, 4 at a time. */
    public static ScriptedModel create() {
        return new ScriptedModel(
                (prompt, item, sampling) -> "",
                prompt -> new double[0],
                (prompt, id) -> -0.5 - id % 8,
                new Stated(0, (prompt, layer) -> new float[0]),
                4096,
                4,
                Listener.NONE,
                new Log());
    }

    /** With the text that is written after each prompt. */
    public ScriptedModel writing(Writer value) {
        return new ScriptedModel(value, chooser, likelihood, states, contextLength, window, listener, log);
    }

    /** With the probabilities of the options after each prompt, which sum to at most 1. */
    public ScriptedModel choosing(Function<Prompt, double[]> value) {
        return new ScriptedModel(writer, value, likelihood, states, contextLength, window, listener, log);
    }

    /** Judging pairs: all probability lies on the two ratings next to the expected one, which is in [1, 5]. */
    public ScriptedModel rating(ToDoubleFunction<Prompt> expected) {
        return choosing(prompt -> {
            double rating = expected.applyAsDouble(prompt);
            double[] probabilities = new double[5];
            int below = Math.min((int) rating, 4);
            probabilities[below - 1] = below + 1 - rating;
            probabilities[below] = rating - below;
            return probabilities;
        });
    }

    /** With the log-probability of a token, given by its id, after each prompt. */
    public ScriptedModel likelihood(ToDoubleBiFunction<Prompt, Integer> value) {
        return new ScriptedModel(writer, chooser, value, states, contextLength, window, listener, log);
    }

    /** With states after some layers: of a prompt, by the layer's number. The mean over a span is the same times its length. */
    public ScriptedModel states(int layers, BiFunction<Prompt, Integer, float[]> value) {
        Stated given = new Stated(layers, value);
        return new ScriptedModel(writer, chooser, likelihood, given, contextLength, window, listener, log);
    }

    public ScriptedModel contextLength(int words) {
        return new ScriptedModel(writer, chooser, likelihood, states, words, window, listener, log);
    }

    /** With so many prompts pulled at once. */
    public ScriptedModel window(int prompts) {
        return new ScriptedModel(writer, chooser, likelihood, states, contextLength, prompts, listener, log);
    }

    /** All prompts so far, in the order they were pulled. */
    public List<Prompt> prompts() {
        return List.copyOf(log.prompts);
    }

    /** How often a stream of prompts was given. */
    public int calls() {
        return log.calls.get();
    }

    /** How many of the streams were not closed. */
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
            return new Completion(text, words.stream().map(ScriptedModel::id).toList(), finish, countTokens(prompt));
        });
    }

    @Override
    public Stream<Choice> choose(Stream<Choice.Options> options) {
        return answer(Task.CHOOSE, options, Choice.Options::prompt, (asked, item) -> {
            Prompt prompt = asked.prompt();
            double[] probabilities = chooser.apply(prompt);
            if (probabilities.length == 0) {
                probabilities = new double[asked.texts().size()];
                Arrays.fill(probabilities, 1.0 / probabilities.length);
            }
            if (probabilities.length != asked.texts().size()) {
                throw new IllegalStateException(
                        "scripted: " + probabilities.length + " probabilities, asked for " + asked.texts());
            }
            double other = 1 - Arrays.stream(probabilities).sum();
            double[] logs = Arrays.stream(probabilities).map(Math::log).toArray();
            return new Choice(logs, Math.log(Math.max(other, 0)), countTokens(prompt));
        });
    }

    /** As scripted; else the rarer a word by its hash, the less probable, the same wherever it stands. */
    @Override
    public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
        return answer(Task.LIKELIHOOD, continuations, Continuation::prompt, (continuation, item) -> {
            List<Integer> ids = continuation.ids() != null
                    ? continuation.ids()
                    : words(continuation.text()).stream().map(ScriptedModel::id).toList();
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
            throw new ModelException("scripted: gives no hidden states");
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

    /** All text of a prompt, turns after each other. */
    public static String text(Prompt prompt) {
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
        return "scripted";
    }

    @Override
    public LanguageModel listening(Listener value) {
        return new ScriptedModel(writer, chooser, likelihood, states, contextLength, window, value, log);
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
