package io.humpback;

import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;

/** Which way a model is trained on a pair, and how the pair is laid out: the same in training and in use. */
public enum Direction {
    /** The instruction is given, the response is learnt: the paper's M_0, M_1, ... */
    FORWARD,
    /** The response is given, the instruction is learnt: the paper's M_yx. */
    BACKWARD;

    /**
     * {@return what the model is given}
     *
     * @param given the instruction, or backward the response
     * @param system what its system turn says; empty for none
     */
    public Prompt.Chat prompt(String given, String system) {
        return Prompt.chat(Message.user(given)).after(system);
    }

    /**
     * {@return a pair to be learnt}
     *
     * @param id names it in messages
     * @param pair instruction and response
     * @param system what the system turn says; empty for none
     */
    public TrainingExample example(String id, Example pair, String system) {
        return this == FORWARD
                ? new TrainingExample(id, Continuation.of(prompt(pair.instruction(), system), pair.response()))
                : new TrainingExample(id, Continuation.of(prompt(pair.response(), system), pair.instruction()));
    }
}
