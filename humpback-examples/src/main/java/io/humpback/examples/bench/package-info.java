/** Measures how fast a model runs on this machine, and makes random checkpoints of a given size to measure. */
@NullMarked
package io.humpback.examples.bench;

import org.jspecify.annotations.NullMarked;
