/**
 * Commands that show what is there and change nothing: what this machine can run, and what a model sees of a row. Commands that
 * do a piece of work are in {@code command}.
 */
@NullMarked
package io.humpback.examples.cli.command.check;

import org.jspecify.annotations.NullMarked;
