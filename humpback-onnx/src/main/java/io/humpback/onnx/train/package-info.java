/** Training: examples to rows, rows to steps, and a folder from which an interrupted training goes on. */
@NullMarked
package io.humpback.onnx.train;

import org.jspecify.annotations.NullMarked;
