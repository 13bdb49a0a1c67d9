/**
 * Pages and what becomes of them: readers of files, folders, archives and plain documents, and the segmenter that cuts
 * a page into segments. Readers stream, count the bytes that are really produced, and set aside what cannot be
 * read with its place and reason. Rows of files do not belong here: see {@link io.humpback.data.file}.
 */
@NullMarked
package io.humpback.data.web;

import org.jspecify.annotations.NullMarked;
