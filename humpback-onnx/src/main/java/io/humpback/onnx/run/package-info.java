/** Sessions of ONNX Runtime: their lifetimes, the caches they write into, and the order in which tokens are computed. */
@NullMarked
package io.humpback.onnx.run;

import org.jspecify.annotations.NullMarked;
