package io.humpback.onnx.run;

import java.util.List;

/** Prompts of which the first {@code prefix} ids are equal, each longer than that, and the rest padded to one length. */
record PaddedPrompts(List<int[]> ids, int prefix) implements Prompts {

    /** {@return the length that prompts are padded to, without what they share} */
    int width() {
        return ids.stream().mapToInt(prompt -> prompt.length).max().orElseThrow() - prefix;
    }

    @Override
    public int size() {
        return ids.size();
    }

    @Override
    public int tokens() {
        return size() * width();
    }

    @Override
    public int shared(int prompt) {
        return prompt == 0 ? 0 : prefix;
    }

    /** {@inheritDoc} It is not one that all share. */
    @Override
    public int row(int prompt, int place) {
        return prompt * width() + place - prefix;
    }
}
