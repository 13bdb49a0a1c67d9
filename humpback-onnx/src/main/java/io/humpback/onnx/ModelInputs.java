package io.humpback.onnx;

import io.humpback.model.Continuation;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.onnx.run.TokenContinuation;
import io.humpback.onnx.text.PromptEncoder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Input of a model as token ids that are checked to be in the vocabulary and to fit the context. */
final class ModelInputs {

    private final PromptEncoder encoder;
    private final int vocabulary;
    private final int contextLength;

    ModelInputs(PromptEncoder encoder, int vocabulary, int contextLength) {
        this.encoder = encoder;
        this.vocabulary = vocabulary;
        this.contextLength = contextLength;
    }

    /** {@return the ids of a prompt, of any length} */
    int[] prompt(Prompt prompt) {
        return inVocabulary(encoder.encode(prompt));
    }

    /** {@return the ids of a prompt that leaves room for a token, as item of a stream} */
    int[] promptToComplete(Prompt prompt, long item) {
        int[] ids = prompt(prompt);
        checkLength(ids.length, item, contextLength - 1);
        return ids;
    }

    /**
     * Texts that may follow a prompt, tokenised together with it where they meet: the ids that all begin with, and the
     * id of each that comes after them.
     */
    record Options(int[] before, int[] last) {}

    Options options(Prompt prompt, List<String> texts, long item) {
        int[][] options = texts.stream().map(text -> followed(prompt, text)).toArray(int[][]::new);
        int[] before = Arrays.copyOf(options[0], options[0].length - 1);
        boolean alike = Arrays.stream(options)
                .allMatch(option -> option.length == before.length + 1
                        && Arrays.equals(option, 0, before.length, before, 0, before.length));
        int[] last = Arrays.stream(options)
                .mapToInt(option -> option[option.length - 1])
                .toArray();
        if (!alike || Arrays.stream(last).distinct().count() != texts.size()) {
            throw new IllegalArgumentException("options " + texts
                    + ": expected texts that differ in exactly one token, the last, in this model's vocabulary");
        }
        inVocabulary(before);
        inVocabulary(last);
        checkLength(before.length, item, contextLength);
        return new Options(before, last);
    }

    private int[] followed(Prompt prompt, String text) {
        if (prompt instanceof Prompt.Chat chat) {
            return encoder.encode(chat.replyingWith(chat.replyStart() + text));
        }
        int[] first = encoder.encode(prompt);
        int[] second = encoder.encodePlain(text);
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    TokenContinuation continuation(Continuation continuation, long item) {
        List<Integer> given = continuation.ids();
        int[] completion = given == null
                ? inVocabulary(encoder.encodePlain(Objects.requireNonNull(continuation.text())))
                : inVocabulary(given.stream().mapToInt(Integer::intValue).toArray());
        int[] prompt = prompt(continuation.prompt());
        checkLength(prompt.length, item, contextLength);
        TokenContinuation ids = new TokenContinuation(prompt, completion);
        checkLength(ids.length(), item, contextLength + 1); // the last token is not read
        return ids;
    }

    private static void checkLength(int tokens, long item, int limit) {
        if (tokens > limit) {
            throw new PromptTooLongException(item, tokens, limit);
        }
    }

    /** {@return the ids, checked} */
    int[] inVocabulary(int... ids) {
        for (int id : ids) {
            if (id < 0 || id >= vocabulary) {
                throw new IllegalArgumentException("token id " + id + ": expected 0 to " + (vocabulary - 1));
            }
        }
        return ids;
    }
}
