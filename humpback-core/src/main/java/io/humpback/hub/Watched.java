package io.humpback.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A body of an answer that ends with an {@link IOException} where nothing comes for too long: the JDK's client would wait for ever. */
final class Watched extends FilterInputStream {

    private final Duration patience;
    private volatile boolean late;

    Watched(InputStream body, Duration patience) {
        super(body);
        this.patience = patience;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int n = read(one, 0, 1);
        return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        CompletableFuture<Void> alarm = CompletableFuture.runAsync(
                this::end, CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS));
        try {
            int n = super.read(bytes, from, length);
            if (late) {
                throw new IOException("nothing came for " + patience.toSeconds() + " s");
            }
            return n;
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw HubClient.interrupted();
            }
            throw late ? new IOException("nothing came for " + patience.toSeconds() + " s", e) : e;
        } finally {
            alarm.cancel(false);
        }
    }

    private void end() {
        late = true;
        try {
            in.close(); // which wakes the reader
        } catch (IOException e) {
            // the reader is told anyway
        }
    }
}
