/**
 * How commands read rows, write files, print their summary and word a failure. No command and no option of a single command
 * belongs here.
 */
@NullMarked
package io.humpback.examples.cli.io;

import org.jspecify.annotations.NullMarked;
