package io.humpback;

import io.humpback.model.Prompt;
import java.util.List;

/**
 * How a model that was trained backward is asked: as in training. All that it writes is the instruction.
 *
 * @param system the system's turn that it was trained with, empty for none
 */
record TrainedPrompt(String system) implements AskingPrompt {

    @Override
    public Prompt.Chat of(String text) {
        return Direction.BACKWARD.prompt(text, system);
    }

    @Override
    public Reply reply(String output) {
        return new Reply(output.strip(), true);
    }

    @Override
    public List<String> fixedTexts() {
        return system.isEmpty() ? List.of() : List.of(system);
    }
}
