package io.humpback.model;

import static io.humpback.internal.Arguments.require;

import java.util.List;
import java.util.Objects;

/**
 * What a model has made of a prompt on the way to its answer: its residual stream, read after some of its blocks, before any
 * norm, in the model's own coordinates. The last block's state, normed and multiplied with the output projection, gives the
 * logits. Numbers are 32-bit floats; in reduced precision they are as exact as that.
 *
 * @param last for each layer asked for, in that order, the state of the prompt's last token, [width]
 * @param mean for each layer the mean of the states of the span's tokens, [width]; empty if none was asked for
 * @param promptTokens tokens of the prompt
 */
public record HiddenStates(List<float[]> last, List<float[]> mean, int promptTokens) {

    /** Copies the lists; the arrays are the caller's. */
    public HiddenStates {
        last = List.copyOf(last);
        mean = List.copyOf(mean);
    }

    /**
     * A prompt, and a part of it whose mean is wanted too: characters of its last message or of its text, or ids. Of a text
     * those tokens count that begin and end within the part, and the one at its beginning whatever it reaches into.
     *
     * @param prompt what the model reads
     * @param from the first character or id of the part
     * @param to the first one after it; equal to {@code from} if no mean is wanted
     */
    public record Request(Prompt prompt, int from, int to) {

        /** Checks the part. */
        public Request {
            Objects.requireNonNull(prompt, "prompt");
            int length = length(prompt);
            require(from >= 0 && from <= to, "from", from, "0 to " + to);
            require(to <= length, "to", to, "at most the prompt's " + length);
        }

        /** {@return a prompt of which no mean is wanted} */
        public static Request of(Prompt prompt) {
            return new Request(prompt, 0, 0);
        }

        /** {@return whether a mean is wanted} */
        public boolean hasSpan() {
            return from < to;
        }

        private static int length(Prompt prompt) {
            if (prompt instanceof Prompt.Chat chat) {
                return chat.messages().get(chat.messages().size() - 1).content().length();
            }
            return prompt instanceof Prompt.Text text
                    ? text.text().length()
                    : ((Prompt.Ids) prompt).ids().size();
        }
    }
}
