package io.humpback.model;

import io.humpback.model.Listener.Progress;
import io.humpback.model.Listener.Task;
import io.humpback.testing.FakeLanguageModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A reward model that gives what a test tells it, four turns at a time; a token is a word of the text. */
public final class ScriptedReward implements RewardModel {

    private static final int WINDOW = 4;

    private final ToDoubleFunction<Continuation> rewards;
    private final int contextLength;
    private final Listener listener;
    private final List<Continuation> turns;
    private final AtomicInteger open;

    private ScriptedReward(
            ToDoubleFunction<Continuation> rewards,
            int contextLength,
            Listener listener,
            List<Continuation> turns,
            AtomicInteger open) {
        this.rewards = rewards;
        this.contextLength = contextLength;
        this.listener = listener;
        this.turns = turns;
        this.open = open;
    }

    public static ScriptedReward of(ToDoubleFunction<Continuation> rewards) {
        return new ScriptedReward(
                rewards, 4096, Listener.NONE, Collections.synchronizedList(new ArrayList<>()), new AtomicInteger());
    }

    public ScriptedReward contextLength(int words) {
        return new ScriptedReward(rewards, words, listener, turns, open);
    }

    /** All that it was asked, in the order in which it was pulled. */
    public List<Continuation> turns() {
        return List.copyOf(turns);
    }

    /** How many streams were not closed. */
    public int openCalls() {
        return open.get();
    }

    @Override
    public Stream<Double> reward(Stream<Continuation> asked) {
        open.incrementAndGet();
        Iterator<Continuation> source = asked.iterator();
        Iterator<Double> results = new Iterator<>() {
            private final List<Double> ready = new ArrayList<>();
            private long items;
            private long tokens;

            @Override
            public boolean hasNext() {
                return !ready.isEmpty() || source.hasNext();
            }

            @Override
            public Double next() {
                if (ready.isEmpty()) {
                    do {
                        Continuation turn = source.next();
                        turns.add(turn);
                        items++;
                        tokens += countTokens(turn);
                        ready.add(rewards.applyAsDouble(turn));
                    } while (ready.size() < WINDOW && source.hasNext());
                    listener.progressed(new Progress(Task.REWARD, items, tokens, 0, 0, 0));
                }
                return ready.remove(0);
            }
        };
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(results, Spliterator.ORDERED), false)
                .onClose(open::decrementAndGet)
                .onClose(asked::close);
    }

    @Override
    public int countTokens(Continuation turn) {
        return FakeLanguageModel.text(turn.prompt()).split(" ").length
                + Objects.requireNonNull(turn.text()).split(" ").length;
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public String fingerprint() {
        return "scripted reward";
    }

    @Override
    public RewardModel listening(Listener other) {
        return new ScriptedReward(rewards, contextLength, other, turns, open);
    }

    @Override
    public void close() {}
}
