/** Times whole jobs, from the start of a process to its output: those of this program, and the same on another's server. */
@NullMarked
package io.humpback.examples.bench.job;

import org.jspecify.annotations.NullMarked;
