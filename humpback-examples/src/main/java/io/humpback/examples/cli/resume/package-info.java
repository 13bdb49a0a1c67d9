/**
 * What keeps long work on rows, so that a command that was stopped or killed goes on there when it is started again, and
 * ends with the same bytes.
 */
@NullMarked
package io.humpback.examples.cli.resume;

import org.jspecify.annotations.NullMarked;
