package io.humpback.langchain4j;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** Work on another thread, which a cancelled future interrupts: a model then stops at its next batch. */
final class Background {

    private Background() {}

    static <T> CompletableFuture<T> start(Supplier<T> work, Executor executor) {
        CompletableFuture<T> future = new CompletableFuture<>();
        FutureTask<Void> task = new FutureTask<>(() -> finish(future, work), null);
        future.whenComplete((done, failure) -> {
            if (future.isCancelled()) {
                task.cancel(true);
            }
        });
        executor.execute(task);
        return future;
    }

    private static <T> void finish(CompletableFuture<T> future, Supplier<T> work) {
        try {
            future.complete(work.get());
        } catch (Throwable e) {
            future.completeExceptionally(e);
        }
    }
}
