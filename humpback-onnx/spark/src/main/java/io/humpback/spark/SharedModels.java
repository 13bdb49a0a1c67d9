package io.humpback.spark;

import io.humpback.model.LanguageModel;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The models that are open in this JVM: each once, however many tasks use it. One that nobody uses is kept for a minute, as the
 * next task comes soon, and then closed.
 */
final class SharedModels {

    /** Seconds that a model stays open after its last use. */
    private static final int LINGER = 60;

    private static final Map<Key, Shared> OPEN = new HashMap<>();
    private static final ScheduledExecutorService CLOSER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "humpback-closer");
        thread.setDaemon(true);
        return thread;
    });

    private static int openings;

    private SharedModels() {}

    /** What distinguishes one open model from another. */
    record Key(Path model, LoadOptions options, Cluster cluster) {}

    /** The right to use a model until it is closed. */
    static final class Use implements AutoCloseable {

        private final Key key;
        private final Shared shared;
        private final LanguageModel model;
        private boolean closed;

        private Use(Key key, Shared shared, LanguageModel model) {
            this.key = key;
            this.shared = shared;
            this.model = model;
        }

        LanguageModel model() {
            return model;
        }

        @Override
        public void close() {
            synchronized (OPEN) {
                if (!closed) {
                    closed = true;
                    leave(key, shared, LINGER);
                }
            }
        }
    }

    private static final class Shared {

        private int users;
        private @Nullable ScheduledFuture<?> closing;
        private @Nullable OnnxModel model;

        /** The first user opens it; those that come meanwhile wait. */
        synchronized OnnxModel open(Key key) throws IOException {
            OnnxModel opened = model;
            if (opened == null) {
                ModelMemory.require(key);
                opened = OnnxModel.load(key.model, key.options);
                model = opened;
                synchronized (OPEN) {
                    openings++;
                }
            }
            return opened;
        }

        synchronized void close() {
            if (model != null) {
                model.close();
            }
        }
    }

    /** {@return the use of a model, which is opened if it is not open} */
    static Use use(Key key) throws IOException {
        Shared shared;
        synchronized (OPEN) {
            shared = OPEN.computeIfAbsent(key, one -> new Shared());
            shared.users++;
            if (shared.closing != null) {
                shared.closing.cancel(false);
                shared.closing = null;
            }
        }
        try {
            return new Use(key, shared, shared.open(key));
        } catch (IOException | RuntimeException | Error e) {
            synchronized (OPEN) {
                leave(key, shared, 0);
            }
            throw e;
        }
    }

    private static void leave(Key key, Shared shared, int seconds) {
        shared.users--;
        if (shared.users == 0) {
            shared.closing = CLOSER.schedule(() -> closeIdle(key, shared), seconds, TimeUnit.SECONDS);
        }
    }

    private static void closeIdle(Key key, Shared shared) {
        synchronized (OPEN) {
            if (shared.users > 0) {
                return;
            }
            OPEN.remove(key, shared);
        }
        shared.close();
    }

    /** {@return how often a model was opened in this JVM} */
    static int openings() {
        synchronized (OPEN) {
            return openings;
        }
    }
}
