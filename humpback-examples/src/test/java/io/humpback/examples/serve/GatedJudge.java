package io.humpback.examples.serve;

import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.quality.Drop;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Stream;

/** A judge whose score is the length of the response, and that scores a batch when a test lets it. */
final class GatedJudge implements Judge {

    final Semaphore gate = new Semaphore(0);
    final List<List<String>> batches = new CopyOnWriteArrayList<>();

    /** A judge whose gate is open. */
    static GatedJudge open() {
        GatedJudge judge = new GatedJudge();
        judge.gate.release(1_000_000);
        return judge;
    }

    @Override
    public <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair) {
        List<T> batch = items.toList();
        batches.add(batch.stream().map(item -> pair.apply(item).response()).toList());
        try {
            gate.acquire();
        } catch (InterruptedException e) {
            throw new CancellationException("interrupted");
        }
        return batch.stream().map(item -> {
            String response = pair.apply(item).response();
            if (response.equals("fail")) {
                throw new IllegalStateException("failed on purpose");
            }
            return response.isEmpty()
                    ? new Scored<>(item, null, new Drop(Drop.Reason.EMPTY, "response has no text"))
                    : new Scored<>(item, Score.of(response.length(), Map.of()), null);
        });
    }
}
