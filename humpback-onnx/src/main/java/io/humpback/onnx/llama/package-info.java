/**
 * The Llama architecture, written once, and what makes graphs of it: attention over a cache, precisions, rotations.
 */
@NullMarked
package io.humpback.onnx.llama;

import org.jspecify.annotations.NullMarked;
