/**
 * Rows of files, whatever they say: JSON Lines, JSON arrays, CSV, Parquet and folders in the layout of a hub. Readers
 * stream and set bad rows aside; writers put a file in place when it is whole. What the fields of a row mean does not
 * belong here: see {@link io.humpback.data.format}.
 */
@NullMarked
package io.humpback.data.file;

import org.jspecify.annotations.NullMarked;
