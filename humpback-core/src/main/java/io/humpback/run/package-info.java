/**
 * The whole loop as one run in a directory: {@link io.humpback.run.Humpback} sets it up and does it, {@link
 * io.humpback.run.RunResult} reads what it left. A stage of the loop is one class; {@code io.humpback.run.store} below
 * keeps what the stages leave. How an instruction is written and a pair is scored stands in {@link io.humpback}; what a round
 * keeps of the scored pairs is computed here, in the store, by a rule of {@link io.humpback.Keep}, after corrections for
 * length and spread and without near-duplicates if that is asked for.
 */
@NullMarked
package io.humpback.run;

import org.jspecify.annotations.NullMarked;
