package io.humpback.examples.nano;

import io.humpback.data.Example;

/**
 * An instruction and a response whose flaw is known.
 *
 * @param example the two texts
 * @param flaw what is wrong with them, if anything
 */
public record LabelledPair(Example example, Flaw flaw) {}
