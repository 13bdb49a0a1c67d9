/**
 * What goes in and out: pages, documents, segments, candidates and rows, with one class a format. Readers stream,
 * count bytes really produced, and set bad rows aside with their place and reason.
 */
@NullMarked
package io.humpback.data;

import org.jspecify.annotations.NullMarked;
