/**
 * The commands, one class each. A command wires classes of the library to files and prints a summary; a method of
 * evaluating, training or writing data does not belong here, but in the library.
 */
@NullMarked
package io.humpback.examples.cli.command;

import org.jspecify.annotations.NullMarked;
