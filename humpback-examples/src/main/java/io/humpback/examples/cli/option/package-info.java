/**
 * Groups of options that several commands take, as picocli mixins. Each turns its options into a setting of the library
 * and reports a wrong one as wrong use of the command. An option of one command stays in that command.
 */
@NullMarked
package io.humpback.examples.cli.option;

import org.jspecify.annotations.NullMarked;
