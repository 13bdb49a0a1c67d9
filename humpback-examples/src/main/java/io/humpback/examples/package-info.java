/** The command line and what it shows. */
@NullMarked
package io.humpback.examples;

import org.jspecify.annotations.NullMarked;
