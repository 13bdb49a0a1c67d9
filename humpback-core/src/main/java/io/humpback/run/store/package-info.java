/**
 * The run store: what a run keeps in its directory, so that it can be killed at any instant and go on. Knows rows, not
 * the method; {@link io.humpback.run.store.Schema} says which. Not part of the library's interface.
 */
@NullMarked
package io.humpback.run.store;

import org.jspecify.annotations.NullMarked;
