package io.humpback.prompt;

import io.humpback.model.LanguageModel;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.quality.Drop;
import java.util.ArrayDeque;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A stream of items of which some are questions to a model. The model answers these in its own batches, the others pass
 * unchanged, and all come out in the order in which they came in. It is as lazy as the model: it holds the items between
 * the last one that the model has pulled and the next one to come out.
 *
 * @param <S> an item
 * @param <Q> what the model is asked, such as a prompt
 * @param <R> the model's answer
 */
public final class ModelStream<S, Q, R> extends Spliterators.AbstractSpliterator<S> {

    /** An item on its way in, with what it asks; null asks nothing. */
    public record Ask<S, Q>(S item, @Nullable Q question) {}

    /**
     * The number of items without a question that may wait behind one with a question. A model that looks for its next
     * question among more of them finds none and is called again afterwards, so that a long run of them does not pile up.
     */
    static final int MAX_PASSING = 1000;

    private final Spliterator<Ask<S, Q>> source;
    private final Function<Stream<Q>, Stream<R>> model;
    private final BiFunction<S, R, S> answered;

    private final ArrayDeque<Ask<S, Q>> waiting = new ArrayDeque<>();
    private int passing; // those in waiting that ask nothing
    private boolean exhausted;
    private @Nullable Stream<R> call;
    private @Nullable Spliterator<R> answers;
    private @Nullable R answer; // to the first in waiting that asks

    private ModelStream(Stream<Ask<S, Q>> asks, Function<Stream<Q>, Stream<R>> model, BiFunction<S, R, S> answered) {
        super(Long.MAX_VALUE, ORDERED | NONNULL);
        this.source = asks.spliterator();
        this.model = model;
        this.answered = answered;
    }

    /**
     * {@return the items in order, answered where they asked} Closing it closes the model's stream and the source.
     *
     * @param asks the items
     * @param model answers a stream of questions
     * @param answered what becomes of an item with its answer
     */
    public static <S, Q, R> Stream<S> through(
            Stream<Ask<S, Q>> asks, Function<Stream<Q>, Stream<R>> model, BiFunction<S, R, S> answered) {
        ModelStream<S, Q, R> stage = new ModelStream<>(asks, model, answered);
        return StreamSupport.stream(stage, false).onClose(stage::endCall).onClose(asks::close);
    }

    /**
     * {@return why a prompt cannot be asked, so that one long item does not end a stream; null if it leaves room for a
     * number of tokens in the model's context}
     */
    public static @Nullable Drop tooLong(LanguageModel model, Prompt prompt, int room) {
        return tooLong((long) model.countTokens(prompt) + room, model.contextLength());
    }

    /** {@return why so many tokens cannot be shown to a model; null if they fit its context} */
    public static @Nullable Drop tooLong(long tokens, int limit) {
        return tokens <= limit
                ? null
                : new Drop(
                        Drop.Reason.TOO_LONG, "prompt and reply need " + tokens + " tokens, expected at most " + limit);
    }

    @Override
    public boolean tryAdvance(Consumer<? super S> action) {
        while (true) {
            Ask<S, Q> first = waiting.peek();
            if (first != null && first.question() == null) {
                waiting.remove();
                passing--;
                action.accept(first.item());
                return true;
            }
            R ready = answer;
            if (first != null && ready != null) {
                waiting.remove();
                answer = null;
                action.accept(answered.apply(first.item(), ready));
                return true;
            }
            if (first == null && exhausted && answers == null) {
                return false;
            }
            pull();
        }
    }

    /** Asks the model for the next answer; on the way it pulls from the source what it wants to work on. */
    private void pull() {
        if (answers == null) {
            call = model.apply(StreamSupport.stream(new Questions(), false));
            answers = call.spliterator();
        }
        if (!answers.tryAdvance(next -> answer = next)) {
            endCall();
        }
        int asking = waiting.size() - passing;
        boolean ended = answers == null;
        if (ended ? asking > 0 || waiting.isEmpty() && !exhausted : asking == 0) {
            throw new ModelException("the model gave more or fewer answers than questions, expected one for each");
        }
    }

    private void endCall() {
        Stream<R> ended = call;
        call = null;
        answers = null;
        if (ended != null) {
            ended.close();
        }
    }

    /** What the model sees of the source. */
    private final class Questions extends Spliterators.AbstractSpliterator<Q> {

        Questions() {
            super(Long.MAX_VALUE, ORDERED | NONNULL);
        }

        @Override
        public boolean tryAdvance(Consumer<? super Q> action) {
            while (passing < MAX_PASSING) {
                exhausted = !source.tryAdvance(waiting::add);
                if (exhausted) {
                    return false;
                }
                Q question = waiting.getLast().question();
                if (question != null) {
                    action.accept(question);
                    return true;
                }
                passing++;
            }
            return false;
        }
    }
}
