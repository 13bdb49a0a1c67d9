package io.humpback.examples.bench;

import io.humpback.data.Example;
import java.util.List;

/**
 * A pair to rate, with a prompt that is laid out and tokenised already, so that all engines are given the same.
 *
 * @param example the pair
 * @param prompt the text of the prompt
 * @param ids the tokens of the prompt, up to where the model's reply begins; empty where the library lays it out
 * @param forced the tokens that the reply is made to begin with, after which the digit of a rating is read
 */
public record PromptedPair(Example example, String prompt, List<Integer> ids, List<Integer> forced) {

    /** Copies the lists. */
    public PromptedPair {
        ids = List.copyOf(ids);
        forced = List.copyOf(forced);
    }

    /** {@return the pair, its prompt to be laid out by the library} */
    PromptedPair untokenised() {
        return new PromptedPair(example, prompt, List.of(), List.of());
    }
}
