package io.humpback.examples.bench;

import java.util.Locale;
import java.util.Optional;

/** What can be measured. */
public enum Measure {
    /** One prompt of 512 tokens. */
    PREFILL_512("tokens/s", false),
    /** Eight prompts of 256 tokens. */
    PREFILL_8X256("tokens/s", false),
    /** 64 steps after a prompt of 128 tokens. */
    DECODE_1("tokens/s", false),
    /** 64 steps after each of 8 prompts of 128 tokens. */
    DECODE_8("tokens/s", false),
    /** 64 steps after each of 32 prompts of 128 tokens. */
    DECODE_32("tokens/s", false),
    /** Ratings read after the prompts of a file of pairs. */
    SCORE("pairs/s", true),
    /** The same, with at most 200 tokens of reasoning before. */
    SCORE_REASONED("pairs/s", true),
    /** Instructions for segments. */
    AUGMENT("segments/s", true),
    /** Optimizer steps of a low-rank change on four rows of 256 tokens, all of which are learnt. */
    TRAIN_LORA_4X256(true, 4, 256, false),
    /** The same with the activations of a block computed again. */
    TRAIN_LORA_4X256_RECOMPUTE(true, 4, 256, true),
    /** The same on two rows of 512 tokens. */
    TRAIN_LORA_2X512(true, 2, 512, false),
    /** The same with the activations of a block computed again. */
    TRAIN_LORA_2X512_RECOMPUTE(true, 2, 512, true),
    /** Optimizer steps of all weights on four rows of 256 tokens, all of which are learnt. */
    TRAIN_FULL_4X256(false, 4, 256, false),
    /** The same with the activations of a block computed again. */
    TRAIN_FULL_4X256_RECOMPUTE(false, 4, 256, true),
    /** The same on two rows of 512 tokens. */
    TRAIN_FULL_2X512(false, 2, 512, false),
    /** The same with the activations of a block computed again. */
    TRAIN_FULL_2X512_RECOMPUTE(false, 2, 512, true);

    /**
     * An optimizer step.
     *
     * @param lora whether a low-rank change is trained, of rank 16 on all products of a block, or else all weights
     * @param rows that are computed at once
     * @param tokens of a row
     * @param recompute whether activations are computed again
     */
    record Training(boolean lora, int rows, int tokens, boolean recompute) {}

    private final String unit;
    private final boolean sharesPrefixes;
    private final Optional<Training> training;

    Measure(String unit, boolean sharesPrefixes) {
        this.unit = unit;
        this.sharesPrefixes = sharesPrefixes;
        training = Optional.empty();
    }

    Measure(boolean lora, int rows, int tokens, boolean recompute) {
        unit = "tokens/s";
        sharesPrefixes = false;
        training = Optional.of(new Training(lora, rows, tokens, recompute));
    }

    /** {@return the name on the command line and in JSON, such as {@code prefill_512}} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return what is counted a second} */
    public String unit() {
        return unit;
    }

    /** {@return whether common beginnings of prompts may be computed once: not where the prefill itself is measured} */
    public boolean sharesPrefixes() {
        return sharesPrefixes;
    }

    /** {@return what is trained, or empty where a loaded model is measured} */
    Optional<Training> training() {
        return training;
    }

    /** {@return whether it is a measure of training, which needs no loaded model} */
    public boolean trains() {
        return training.isPresent();
    }

    /** {@return whether it is a measure of training that leaves weights as they are} */
    public boolean freezes() {
        return training.filter(Training::lora).isPresent();
    }
}
