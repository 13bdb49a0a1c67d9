/**
 * The files of a run's directory that are derived from the run store alone: the exports with their card, the manifest,
 * and the check that they still say what the store says. Formats as such stand in {@code io.humpback.data}. Not part of
 * the library's interface.
 */
@NullMarked
package io.humpback.run.files;

import org.jspecify.annotations.NullMarked;
