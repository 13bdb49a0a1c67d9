package io.humpback;

import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import java.util.List;

/**
 * Which part of a pair a model of the method writes when it is given the other, and how the two are laid out as one
 * exchange: the same in training and afterwards. What is given is the user's turn as it stands, what is written the
 * model's.
 */
public enum Direction {
    /** The response to an instruction: the models M_0 to M_k. */
    FORWARD,
    /** The instruction that a response answers: the model M_yx. */
    BACKWARD;

    /** {@return what the model is asked, given the instruction or, backward, the response} */
    public Prompt.Chat prompt(String given) {
        return prompt(given, "");
    }

    /** {@return what the model is asked after a system turn, which may be empty; see {@link #prompt(String)}} */
    public Prompt.Chat prompt(String given, String system) {
        Message user = Message.user(given);
        return Prompt.chat(system.isEmpty() ? List.of(user) : List.of(Message.system(system), user));
    }

    /** {@return a pair to learn from, or to measure; neither part is empty} */
    public Continuation of(Example pair) {
        return of(pair, "");
    }

    /** {@return a pair to learn from, or to measure, after a system turn; empty for none} */
    public Continuation of(Example pair, String system) {
        return switch (this) {
            case FORWARD -> Continuation.of(prompt(pair.instruction(), system), pair.response());
            case BACKWARD -> Continuation.of(prompt(pair.response(), system), pair.instruction());
        };
    }
}
