package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A completion while it is written. */
final class Draft {

    final long item;
    final int[] prompt;
    /** Tokens it may have, at most. */
    final int limit;

    private int[] ids = new int[16];
    private int count;

    Draft(long item, int[] prompt, int limit) {
        this.item = item;
        this.prompt = prompt;
        this.limit = limit;
    }

    /**
     * {@return the tokens that end a completion}
     *
     * @param ends the model's own
     */
    static Set<Integer> ends(Sampling sampling, Set<Integer> ends) {
        Set<Integer> all = new HashSet<>(sampling.stopTokens());
        if (!sampling.ignoreEnd()) {
            all.addAll(ends);
        }
        return all;
    }

    void add(int id) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
        }
        ids[count++] = id;
    }

    /** {@return how many tokens it has} */
    int count() {
        return count;
    }

    int last() {
        return ids[count - 1];
    }

    /** {@return the prompt and what is written} */
    int[] whole() {
        int[] whole = Arrays.copyOf(prompt, prompt.length + count);
        System.arraycopy(ids, 0, whole, prompt.length, count);
        return whole;
    }

    /** {@return the completion if its last token has ended it, else null} */
    @Nullable
    Completion ended(Sampling sampling, Set<Integer> ends, Function<int[], String> decode) {
        boolean end = ends.contains(last());
        String stopped = sampling.stopStrings().isEmpty() ? null : stopped(sampling, written(end ? 1 : 0), decode);
        if (stopped != null) {
            return completion(stopped, Completion.Finish.STOP);
        } else if (end) {
            return completion(decode.apply(written(1)), Completion.Finish.STOP);
        }
        return count == limit ? completion(decode.apply(written(0)), Completion.Finish.LENGTH) : null;
    }

    private Completion completion(String text, Completion.Finish finish) {
        List<Integer> all = Arrays.stream(written(0)).boxed().toList();
        return new Completion(text, all, finish, prompt.length);
    }

    private int[] written(int without) {
        return Arrays.copyOf(ids, count - without);
    }

    private static @Nullable String stopped(Sampling sampling, int[] ids, Function<int[], String> decode) {
        String text = decode.apply(ids);
        return sampling.stopStrings().stream()
                .map(text::indexOf)
                .filter(at -> at >= 0)
                .min(Integer::compare)
                .map(at -> text.substring(0, at))
                .orElse(null);
    }
}
