package io.humpback.examples.label;

/**
 * A pair that a person may be asked about.
 *
 * @param id the row's own, or a hash of the pair
 * @param score what the judge gave, finite; it is not shown
 */
record ScoredPair(String id, String instruction, String response, double score) {}
