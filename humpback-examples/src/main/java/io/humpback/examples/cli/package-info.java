/**
 * The commands, one class each, and what they share: options, the way rows come in and go out, progress, and how failures
 * are told. A command holds no method of its own: it wires the library's classes to files.
 */
@NullMarked
package io.humpback.examples.cli;

import org.jspecify.annotations.NullMarked;
