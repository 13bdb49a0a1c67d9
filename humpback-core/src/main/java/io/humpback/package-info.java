/**
 * The method's verbs and their values: an {@link io.humpback.Augmenter} writes instructions for segments, a
 * {@link io.humpback.Scorer} rates pairs by a {@link io.humpback.Rubric}, a {@link io.humpback.Curator} keeps the best
 * (Li et al. 2023, arXiv 2308.06259). Verbs are immutable and safe for use from many threads; what they do to streams
 * is lazy, keeps the order, and needs no more memory for a million items than for a thousand.
 */
@NullMarked
package io.humpback;

import org.jspecify.annotations.NullMarked;
