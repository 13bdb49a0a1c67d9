package io.humpback.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a stream that is read by one thread. Unlike that of the JDK's client it ends with an {@link
 * IOException} where nothing comes for too long, and when its reader is interrupted.
 */
final class Body extends InputStream implements BodySubscriber<InputStream> {

    /** What came, its end or its failure. */
    private record Part(
            List<ByteBuffer> bytes, boolean last, @Nullable Throwable failure) {}

    private final Duration patience;
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
    private final Deque<ByteBuffer> buffers = new ArrayDeque<>();
    private boolean ended;

    Body(Duration patience) {
        this.patience = patience;
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        if (subscription.complete(given)) {
            given.request(1);
        } else {
            given.cancel(); // closed before anything came
        }
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        parts.add(new Part(bytes, false, null));
    }

    @Override
    public void onError(Throwable failure) {
        parts.add(new Part(List.of(), true, failure));
    }

    @Override
    public void onComplete() {
        parts.add(new Part(List.of(), true, null));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (buffers.isEmpty() && !ended) {
            await();
        }
        ByteBuffer first = buffers.peek();
        if (first == null) {
            return -1;
        }
        int n = Math.min(length, first.remaining());
        first.get(bytes, from, n);
        if (!first.hasRemaining()) {
            buffers.pop();
            if (buffers.isEmpty() && !ended) {
                subscription.join().request(1);
            }
        }
        return n;
    }

    private void await() throws IOException {
        Part part;
        try {
            part = parts.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            close();
            throw HubClient.interrupted();
        }
        if (part == null) {
            close();
            throw new IOException("nothing came for " + patience.toSeconds() + " s");
        }
        part.bytes.stream().filter(ByteBuffer::hasRemaining).forEach(buffers::add);
        ended = part.last;
        if (part.failure != null) {
            throw new IOException(part.failure.getMessage(), part.failure);
        } else if (buffers.isEmpty() && !ended) {
            subscription.join().request(1);
        }
    }

    @Override
    public void close() {
        ended = true;
        buffers.clear();
        if (!subscription.completeExceptionally(new IOException("closed"))
                && !subscription.isCompletedExceptionally()) {
            subscription.join().cancel();
        }
    }
}
