package io.humpback;

import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.quality.Drop;
import org.jspecify.annotations.Nullable;

/** Asks beforehand whether a prompt fits, so that one long item does not end a stream. */
final class Fit {

    private Fit() {}

    /** {@return why a prompt cannot be asked, or null if it leaves room for so many tokens of the model's context} */
    static @Nullable Drop check(LanguageModel model, Prompt prompt, int room) {
        long tokens = (long) model.countTokens(prompt) + room;
        int limit = model.contextLength();
        return tokens <= limit
                ? null
                : new Drop(
                        Drop.Reason.TOO_LONG, "prompt and reply need " + tokens + " tokens, expected at most " + limit);
    }
}
