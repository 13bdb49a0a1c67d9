/**
 * What is good enough, decided without a model: near-duplicates, and checks of candidates and pairs. Whatever is dropped
 * is dropped for a named reason. And what people's labels say of a judge, and of the rows that are kept by its scores.
 */
@NullMarked
package io.humpback.quality;

import org.jspecify.annotations.NullMarked;
