/**
 * Small helpers that several packages and modules use: files, hashes, iterators. Not part of the API. What only one
 * package needs lies there instead.
 */
@NullMarked
package io.humpback.internal;

import org.jspecify.annotations.NullMarked;
