package io.humpback.model;

import static io.humpback.internal.Arguments.require;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How the next token is chosen and when a completion ends. Immutable; every step returns a new value. The order of the
 * filters is temperature, top-k, top-p, min-p; the draw is made from what all of them leave.
 *
 * @param temperature 0 for greedy decoding, else the logits are divided by it; at least 0
 * @param topK keeps the k most probable tokens; 0 keeps all
 * @param topP keeps the smallest set of most probable tokens whose probability reaches it; in (0, 1], 1 keeps all
 * @param minP keeps tokens at least this times as probable as the most probable one; in [0, 1), 0 keeps all
 * @param maxTokens upper bound of new tokens; at least 1
 * @param stopStrings texts that end a completion; the text and what follows it are cut off
 * @param stopTokens ids that end a completion like the model's own end-of-sequence tokens, and whatever
 *     {@code ignoreEnd} says
 * @param seed of the noise; together with the item's number in the stream and the step it fixes each draw, so that an
 *     item gets the same text whatever batch it lands in
 * @param ignoreEnd true to go on after end-of-sequence tokens, until {@code maxTokens}
 * @param firstItem number of a stream's first item, from which its items are counted: who goes on in the middle of what
 *     was one stream draws as there; at least 0, or {@link #BY_PROMPT}
 */
public record Sampling(
        double temperature,
        int topK,
        double topP,
        double minP,
        int maxTokens,
        List<String> stopStrings,
        List<Integer> stopTokens,
        long seed,
        boolean ignoreEnd,
        long firstItem) {

    /**
     * In place of the number of a stream's first item: items have no numbers, and the noise is drawn by their prompts. Equal prompts
     * get equal texts, and an item gets the same text wherever it stands, as is wanted where a stream is cut anew each time.
     */
    public static final long BY_PROMPT = -1;

    /** The bound used where none is set. */
    public static final int DEFAULT_MAX_TOKENS = 512;

    /** Checks every range. */
    public Sampling {
        require(temperature >= 0 && temperature < Double.POSITIVE_INFINITY, "temperature", temperature, "at least 0");
        require(topK >= 0, "topK", topK, "at least 0");
        require(topP > 0 && topP <= 1, "topP", topP, "in (0, 1]");
        require(minP >= 0 && minP < 1, "minP", minP, "in [0, 1)");
        require(maxTokens >= 1, "maxTokens", maxTokens, "at least 1");
        stopStrings = List.copyOf(Objects.requireNonNull(stopStrings, "stopStrings"));
        require(stopStrings.stream().noneMatch(String::isEmpty), "stopStrings", stopStrings, "no empty text");
        stopTokens = List.copyOf(Objects.requireNonNull(stopTokens, "stopTokens"));
        require(stopTokens.stream().allMatch(id -> id >= 0), "stopTokens", stopTokens, "ids from 0");
        require(firstItem >= BY_PROMPT, "firstItem", firstItem, "at least 0, or -1 for none");
    }

    /** {@return always the most probable token} */
    public static Sampling greedy() {
        return new Sampling(0, 0, 1, 0, DEFAULT_MAX_TOKENS, List.of(), List.of(), 0, false, 0);
    }

    /** {@return nucleus sampling (Holtzman et al. 2020) at temperature 1; see {@link #topP()}} */
    public static Sampling nucleus(double topP) {
        return new Sampling(1, 0, topP, 0, DEFAULT_MAX_TOKENS, List.of(), List.of(), 0, false, 0);
    }

    /** {@return whether the most probable token is always taken} */
    public boolean isGreedy() {
        return temperature == 0;
    }

    /** {@return a copy with another {@link #temperature()}} */
    public Sampling temperature(double value) {
        return new Sampling(value, topK, topP, minP, maxTokens, stopStrings, stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #topK()}} */
    public Sampling topK(int value) {
        return new Sampling(
                temperature, value, topP, minP, maxTokens, stopStrings, stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #topP()}} */
    public Sampling topP(double value) {
        return new Sampling(
                temperature, topK, value, minP, maxTokens, stopStrings, stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #minP()}} */
    public Sampling minP(double value) {
        return new Sampling(
                temperature, topK, topP, value, maxTokens, stopStrings, stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #maxTokens()}} */
    public Sampling maxTokens(int value) {
        return new Sampling(temperature, topK, topP, minP, value, stopStrings, stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with other {@link #stopStrings()}} */
    public Sampling stopStrings(String... values) {
        Objects.requireNonNull(values, "values");
        return new Sampling(
                temperature, topK, topP, minP, maxTokens, List.of(values), stopTokens, seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with other {@link #stopTokens()}} */
    public Sampling stopTokens(Integer... ids) {
        return new Sampling(
                temperature, topK, topP, minP, maxTokens, stopStrings, List.of(ids), seed, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #seed()}} */
    public Sampling seed(long value) {
        return new Sampling(
                temperature, topK, topP, minP, maxTokens, stopStrings, stopTokens, value, ignoreEnd, firstItem);
    }

    /** {@return a copy with another {@link #ignoreEnd()}} */
    public Sampling ignoreEnd(boolean value) {
        return new Sampling(temperature, topK, topP, minP, maxTokens, stopStrings, stopTokens, seed, value, firstItem);
    }

    /** {@return a copy with another {@link #firstItem()}} */
    public Sampling firstItem(long value) {
        return new Sampling(temperature, topK, topP, minP, maxTokens, stopStrings, stopTokens, seed, ignoreEnd, value);
    }

    /** {@return the settings under the names that files give them, in order; {@code stop} and {@code stop_tokens} where there are
     * any, no {@code firstItem}, which is a place and no setting} */
    public Map<String, Object> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("temperature", temperature);
        settings.put("top_k", topK);
        settings.put("top_p", topP);
        settings.put("min_p", minP);
        settings.put("max_tokens", maxTokens);
        settings.put("seed", seed);
        if (!stopStrings.isEmpty()) {
            settings.put("stop", stopStrings);
        }
        if (!stopTokens.isEmpty()) {
            settings.put("stop_tokens", stopTokens);
        }
        return settings;
    }
}
