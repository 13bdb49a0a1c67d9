package io.humpback.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Results of a stream of values, in order, computed a batch at a time when the first of a batch is asked for.
 *
 * @param <T> a value
 * @param <P> what is computed with
 * @param <C> what is computed
 * @param <R> a result
 */
final class BatchIterator<T, P, C, R> implements Iterator<R> {

    /** Prepares a value, which may fail by naming its number in the stream. */
    @FunctionalInterface
    interface Preparation<T, P> {
        P prepare(T value, long item);
    }

    private final Iterator<? extends T> source;
    private final int batch;
    private final Preparation<T, P> preparation;
    private final Function<List<P>, List<C>> computation;
    private final BiFunction<P, C, R> finish;
    private final Deque<R> ready = new ArrayDeque<>();
    private long item;

    BatchIterator(
            Iterator<? extends T> source,
            int batch,
            Preparation<T, P> preparation,
            Function<List<P>, List<C>> computation,
            BiFunction<P, C, R> finish) {
        this.source = source;
        this.batch = batch;
        this.preparation = preparation;
        this.computation = computation;
        this.finish = finish;
    }

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
            List<P> prepared = new ArrayList<>();
            do {
                prepared.add(preparation.prepare(source.next(), item++));
            } while (prepared.size() < batch && source.hasNext());
            List<C> computed = computation.apply(prepared);
            for (int i = 0; i < computed.size(); i++) {
                ready.add(finish.apply(prepared.get(i), computed.get(i)));
            }
        }
        return ready.remove();
    }
}
