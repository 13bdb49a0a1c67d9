/**
 * What is good enough, decided without a model: near-duplicates, and checks of candidates and pairs. Whatever is dropped
 * is dropped for a named reason.
 */
@NullMarked
package io.humpback.quality;

import org.jspecify.annotations.NullMarked;
