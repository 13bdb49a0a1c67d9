package io.humpback.judge;

/**
 * What is known of a pair before it is judged.
 *
 * @param signals what judges say of it, in the order of their names
 * @param states for each layer that was read what a model has made of the pair; empty if none was
 */
record Evidence(double[] signals, float[][] states) {}
