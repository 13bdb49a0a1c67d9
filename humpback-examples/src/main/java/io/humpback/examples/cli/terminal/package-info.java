/**
 * What a command tells who watches it, or a log, while it works: what it waits for, how far it is, and the time that is left.
 */
@NullMarked
package io.humpback.examples.cli.terminal;

import org.jspecify.annotations.NullMarked;
