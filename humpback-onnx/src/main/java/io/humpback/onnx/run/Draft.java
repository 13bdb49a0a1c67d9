package io.humpback.onnx.run;

import io.humpback.internal.SplitMix64;
import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A completion while it is written. */
public final class Draft {

    final long item;
    final int[] prompt;
    /** Tokens it may have, at most. */
    final int limit;

    private final DecodeRequest request;

    private int[] ids = new int[16];
    private int count;

    Draft(long item, int[] prompt, DecodeRequest request) {
        this.item = item;
        this.prompt = prompt;
        this.request = request;
        limit = limit(prompt, request);
    }

    /** {@return tokens that the completion of a prompt may have, at most} */
    static int limit(int[] prompt, DecodeRequest request) {
        return Math.min(request.sampling().maxTokens(), request.contextLength() - prompt.length);
    }

    void add(int id) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
        }
        ids[count++] = id;
    }

    /** {@return what its noise is drawn by} */
    public long noiseItem() {
        long first = request.sampling().firstItem();
        if (first != Sampling.BY_PROMPT) {
            return first + item;
        }
        long hash = 0;
        for (int id : prompt) {
            hash = SplitMix64.next(hash + id);
        }
        return hash;
    }

    /** {@return how many tokens it has} */
    public int count() {
        return count;
    }

    /** {@return its last token} */
    public int last() {
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
    Completion ended() {
        boolean end = request.ends().contains(last());
        String stopped = request.sampling().stopStrings().isEmpty() ? null : stopped(written(end ? 1 : 0));
        if (stopped != null) {
            return completion(stopped, Completion.Finish.STOP);
        } else if (end) {
            return completion(request.text().apply(written(1)), Completion.Finish.STOP);
        }
        return count == limit ? completion(request.text().apply(written(0)), Completion.Finish.LENGTH) : null;
    }

    private Completion completion(String text, Completion.Finish finish) {
        List<Integer> all = Arrays.stream(written(0)).boxed().toList();
        return new Completion(text, all, finish, prompt.length);
    }

    private int[] written(int without) {
        return Arrays.copyOf(ids, count - without);
    }

    private @Nullable String stopped(int[] ids) {
        String text = request.text().apply(ids);
        return request.sampling().stopStrings().stream()
                .map(text::indexOf)
                .filter(at -> at >= 0)
                .min(Integer::compare)
                .map(at -> text.substring(0, at))
                .orElse(null);
    }
}
