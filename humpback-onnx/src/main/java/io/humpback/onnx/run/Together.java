package io.humpback.onnx.run;

import io.humpback.model.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Computes together what callers ask for at the same time: the one whose turn it is answers those who wait too. If that
 * fails, each of them is answered by itself, so that none fails for another.
 *
 * @param <Q> a question
 * @param <A> its answer
 */
final class Together<Q, A> {

    private final SharedSession session;
    private final int most;
    private final Function<List<Q>, List<A>> computation;
    private final Set<Asked<Q, A>> waiting = new LinkedHashSet<>();

    /** What one caller asks; but for its place in the set it belongs to the caller whose turn it is. */
    private static final class Asked<Q, A> {
        private final List<Q> questions;
        private @Nullable List<A> answers;
        private boolean alone;

        Asked(List<Q> questions) {
            this.questions = questions;
        }
    }

    /**
     * @param most questions from which on no more callers are added
     * @param computation gives an answer for each question, in a turn of the session
     */
    Together(SharedSession session, int most, Function<List<Q>, List<A>> computation) {
        this.session = session;
        this.most = most;
        this.computation = computation;
    }

    /** {@return the answers to a caller's questions} */
    List<A> answer(List<Q> questions) {
        Asked<Q, A> own = new Asked<>(questions);
        synchronized (waiting) {
            waiting.add(own);
        }
        try {
            return session.inTurn(() -> answered(own));
        } finally {
            synchronized (waiting) {
                waiting.remove(own);
            }
        }
    }

    private List<A> answered(Asked<Q, A> own) {
        List<A> known = own.answers;
        if (known != null) {
            return known;
        }
        List<Asked<Q, A>> callers = callers(own);
        List<Q> questions =
                callers.stream().flatMap(asked -> asked.questions.stream()).toList();
        List<A> answers;
        try {
            answers = computation.apply(questions);
        } catch (ModelException e) {
            if (callers.size() == 1) {
                throw e;
            }
            callers.forEach(asked -> asked.alone = true);
            return computation.apply(own.questions);
        }
        int at = 0;
        for (Asked<Q, A> asked : callers) {
            asked.answers = answers.subList(at, at + asked.questions.size());
            at += asked.questions.size();
        }
        return answers.subList(0, own.questions.size());
    }

    /** {@return the caller, and others who wait and have no answers yet} */
    private List<Asked<Q, A>> callers(Asked<Q, A> own) {
        List<Asked<Q, A>> callers = new ArrayList<>(List.of(own));
        int count = own.questions.size();
        synchronized (waiting) {
            for (Asked<Q, A> asked : waiting) {
                boolean fits = count + asked.questions.size() <= most;
                if (asked != own && asked.answers == null && !asked.alone && !own.alone && fits) {
                    callers.add(asked);
                    count += asked.questions.size();
                }
            }
        }
        return callers;
    }
}
