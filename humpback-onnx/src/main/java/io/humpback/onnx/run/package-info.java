/**
 * Decoding with ONNX Runtime: a request becomes completions, a token a step ({@code Step...}) or in one run
 * ({@code Whole...}), with what was read kept in segments ({@code Loop...}) or in blocks ({@code Paged...}).
 * Sessions, their tensors and the caches they write into have their lifetimes here. Token ids come in and go out; prompts,
 * tokenizers and graphs are not known.
 */
@NullMarked
package io.humpback.onnx.run;

import org.jspecify.annotations.NullMarked;
