/**
 * A small made world whose truth is known, and nano, a model of a million parameters that this library trains on its
 * language. They show that the machinery works and let it be measured; they show nothing about human language.
 */
@NullMarked
package io.humpback.examples.nano;

import org.jspecify.annotations.NullMarked;
