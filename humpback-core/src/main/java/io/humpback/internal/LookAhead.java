package io.humpback.internal;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** An iterator that only learns by reading whether there is another item. */
public abstract class LookAhead<T> implements Iterator<T> {

    private @Nullable T next;
    private boolean ended;

    /** {@return the next item, or null at the end, after which it is not called again} */
    protected abstract @Nullable T advance();

    @Override
    public final boolean hasNext() {
        if (next == null && !ended) {
            next = advance();
            ended = next == null;
        }
        return next != null;
    }

    @Override
    public final T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        T item = Objects.requireNonNull(next);
        next = null;
        return item;
    }

    /** {@return the items left, in order; closing the stream runs {@code onClose}} */
    public final Stream<T> stream(Runnable onClose) {
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .onClose(onClose);
    }
}
