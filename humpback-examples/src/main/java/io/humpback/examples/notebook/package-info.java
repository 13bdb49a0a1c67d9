/**
 * What notebooks show of the library's values: the kernels that are known find the classes here by themselves when they and this
 * program are on one class path. They are compiled against and never brought along.
 */
@NullMarked
package io.humpback.examples.notebook;

import org.jspecify.annotations.NullMarked;
