/**
 * The values that the method works on: segments, examples, candidates, and what was set aside while they were read.
 * How they come out of pages, files and other people's formats is said in the packages below.
 */
@NullMarked
package io.humpback.data;

import org.jspecify.annotations.NullMarked;
