/**
 * The method's verbs and their values: an {@link io.humpback.Augmenter} writes instructions for segments, a
 * {@link io.humpback.Scorer} rates pairs by a {@link io.humpback.Rubric}, a {@link io.humpback.Curator} keeps the best
 * (Li et al. 2023, arXiv 2308.06259). A page becomes a kept pair so: {@link io.humpback.data.web.WebPages} reads a page, a
 * {@link io.humpback.data.web.Segmenter} cuts it into segments, the augmenter makes a segment a candidate or drops it, and the
 * curator has the scorer rate the candidate and keeps or drops it. {@link io.humpback.run} does this in stages that can
 * be stopped, without near-duplicates among segments, and with the rule of {@link io.humpback.Keep} in place of the curator. Verbs
 * are immutable and safe for use from many threads; what they do to streams is lazy, keeps the order, and needs no more
 * memory for a million items than for a thousand.
 */
@NullMarked
package io.humpback;

import org.jspecify.annotations.NullMarked;
