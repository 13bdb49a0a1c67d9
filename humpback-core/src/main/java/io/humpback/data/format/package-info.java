/**
 * The formats in which people publish instruction data, one class each, and {@link io.humpback.data.format.Examples},
 * which knows them all. A format says which fields of a row are the instruction and the response; in what kind of file
 * the rows lie does not belong here.
 */
@NullMarked
package io.humpback.data.format;

import org.jspecify.annotations.NullMarked;
