/**
 * Runs decoders that others exported, whose caches go in as {@code past_key_values} and come out, longer, as
 * {@code present}: those of optimum, of onnx-community and of the builder of onnxruntime-genai.
 */
@NullMarked
package io.humpback.onnx.past;

import org.jspecify.annotations.NullMarked;
