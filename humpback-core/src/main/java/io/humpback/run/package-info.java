/**
 * The whole loop as one run in a directory: {@link io.humpback.run.Humpback} sets it up and does it, {@link
 * io.humpback.run.RunResult} reads what it left. A stage of the loop is one class; {@code io.humpback.run.store} below
 * keeps what the stages leave. The method itself (how a pair is scored, which pairs are kept) stands in {@link
 * io.humpback} and does not belong here.
 */
@NullMarked
package io.humpback.run;

import org.jspecify.annotations.NullMarked;
