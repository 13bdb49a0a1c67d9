/**
 * How a run measures what its stages will cost: probes that time a little of the work. What is forecast from them is
 * decided by each stage. Not part of the library's interface.
 */
@NullMarked
package io.humpback.run.cost;

import org.jspecify.annotations.NullMarked;
