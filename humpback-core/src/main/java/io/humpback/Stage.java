package io.humpback;

import io.humpback.model.ModelException;
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
 * Leads a stream past a model: items that ask something are answered by it in its own batches, items that do not pass
 * by, and all come out in the order they came in. As lazy as the model is: what is held are the items between the last
 * one that the model has pulled and the one that is due.
 *
 * @param <S> an item
 * @param <Q> what the model is asked, such as a prompt
 * @param <R> the model's answer
 */
final class Stage<S, Q, R> extends Spliterators.AbstractSpliterator<S> {

    /** An item on its way in, with what it asks; null asks nothing. */
    record Ask<S, Q>(S item, @Nullable Q question) {}

    /**
     * So many items that pass by may wait behind one that is answered. A model that looks for its next question among
     * more of them is told that there is none, and called anew afterwards; else a long run of them would pile up.
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

    private Stage(Stream<Ask<S, Q>> asks, Function<Stream<Q>, Stream<R>> model, BiFunction<S, R, S> answered) {
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
    static <S, Q, R> Stream<S> through(
            Stream<Ask<S, Q>> asks, Function<Stream<Q>, Stream<R>> model, BiFunction<S, R, S> answered) {
        Stage<S, Q, R> stage = new Stage<>(asks, model, answered);
        return StreamSupport.stream(stage, false).onClose(stage::endCall).onClose(asks::close);
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
