package io.humpback.examples.bench;

import java.util.Locale;

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
    AUGMENT("segments/s", true);

    private final String unit;
    private final boolean sharesPrefixes;

    Measure(String unit, boolean sharesPrefixes) {
        this.unit = unit;
        this.sharesPrefixes = sharesPrefixes;
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
}
