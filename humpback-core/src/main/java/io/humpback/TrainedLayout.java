package io.humpback;

import io.humpback.data.ContentId;
import io.humpback.model.Prompt;
import java.util.List;

/** For a model that has learnt what to do: the text, and nothing else. */
record TrainedLayout() implements BackwardLayout {

    @Override
    public Prompt.Chat of(String text) {
        return Direction.BACKWARD.prompt(text, "");
    }

    @Override
    public List<String> fixedTexts() {
        return List.of();
    }

    @Override
    public String fingerprint() {
        return ContentId.of("backward");
    }
}
