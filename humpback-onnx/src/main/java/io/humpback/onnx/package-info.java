/** The runtime: opens checkpoints and runs them with ONNX Runtime behind {@code io.humpback.model}. */
@NullMarked
package io.humpback.onnx;

import org.jspecify.annotations.NullMarked;
