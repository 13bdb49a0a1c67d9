/**
 * Training: examples as token ids, batches of them, the graphs of loss and gradients, the session that computes them, the
 * optimizer, and a folder from which an interrupted training goes on. What the architecture computes is in
 * {@link io.humpback.onnx.llama} and how gradients are derived in {@link io.humpback.onnx.graph}; formats of adapters
 * belong to {@link io.humpback.onnx.peft}.
 */
@NullMarked
package io.humpback.onnx.train;

import org.jspecify.annotations.NullMarked;
