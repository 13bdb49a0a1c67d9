/**
 * The program {@code humpback}: its list of commands, and how a command's end becomes an exit status. Commands themselves
 * are in {@code command}, the options that several of them take in {@code option}, and reading, writing and progress in
 * {@code io}.
 */
@NullMarked
package io.humpback.examples.cli;

import org.jspecify.annotations.NullMarked;
