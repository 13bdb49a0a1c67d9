/** How far the reading of input files is. What is made of their bytes is elsewhere. */
@NullMarked
package io.humpback.internal.reading;

import org.jspecify.annotations.NullMarked;
