package io.humpback.onnx.text;

import io.humpback.model.Continuation;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Makes the token ids of a prompt with the completion to be learnt. The prompt stands as at inference; both are
 * tokenised as one, and the prompt ends where its ids and those of the prompt alone first differ. Safe for use from many
 * threads.
 *
 * <p>The completion of a conversation is data, and ends with the control token that the template puts after a turn of
 * the model; what the template has after that token is not learnt. The completion of raw text is raw text too: the text
 * of control tokens becomes those tokens, and the end token follows unless it is there. After ids a text is data with
 * the end token. A completion of ids is taken as it is.
 */
public final class ExampleEncoder {

    private final Tokenizer tokenizer;
    private final PromptEncoder prompts;
    private final OptionalInt end;

    private ExampleEncoder(Tokenizer tokenizer, PromptEncoder prompts, OptionalInt end) {
        this.tokenizer = tokenizer;
        this.prompts = prompts;
        this.end = end;
    }

    /**
     * {@return an encoder}
     *
     * @param tokenizer stays the caller's to close
     * @param prompts what encodes prompts at inference
     * @param end id of the end token, empty for a model without one
     */
    public static ExampleEncoder of(Tokenizer tokenizer, PromptEncoder prompts, OptionalInt end) {
        return new ExampleEncoder(tokenizer, prompts, end);
    }

    /**
     * Token ids with the place where the completion begins.
     *
     * @param ids prompt and completion
     * @param prompt how many of them are the prompt's, 0 to their number
     */
    public record Encoding(int[] ids, int prompt) {}

    /**
     * {@return the ids of a prompt with its completion}
     *
     * @param example any kind
     * @throws ModelException if the template refuses the conversation or rewrites its contents
     */
    public Encoding encode(Continuation example) {
        int[] prompt = prompts.encode(example.prompt());
        if (example.ids() != null) {
            return new Encoding(
                    PromptEncoder.joined(
                            prompt,
                            example.ids().stream().mapToInt(Integer::intValue).toArray()),
                    prompt.length);
        }
        String text = Objects.requireNonNull(example.text());
        if (example.prompt() instanceof Prompt.Chat chat) {
            return parted(prompts.encode(chat, text, end), prompt);
        }
        if (example.prompt() instanceof Prompt.Text before) {
            return parted(PromptEncoder.ended(tokenizer.encodePrompt(before.text() + text), end), prompt);
        }
        return new Encoding(
                PromptEncoder.joined(prompt, PromptEncoder.ended(tokenizer.encodePlain(text), end)), prompt.length);
    }

    private static Encoding parted(int[] all, int[] prompt) {
        int mismatch = Arrays.mismatch(all, prompt);
        return new Encoding(all, mismatch < 0 ? all.length : mismatch);
    }
}
