/**
 * The run store: one SQLite file in a run's directory, so that a run can be killed at any instant and go on. One class
 * for each kind of what it holds, over one {@code Database}; {@code Schema} describes the tables. It knows rows, not the
 * method: what is computed, in which order and why is decided in {@code io.humpback.run}. Not part of the library's
 * interface.
 */
@NullMarked
package io.humpback.run.store;

import org.jspecify.annotations.NullMarked;
