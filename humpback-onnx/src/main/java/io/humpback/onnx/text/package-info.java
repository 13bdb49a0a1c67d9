/**
 * Text in, token ids out, and back: the tokenizer of a checkpoint, its chat template, and the assembly of prompts in
 * which user text is data. Nothing here knows of graphs or sessions.
 */
@NullMarked
package io.humpback.onnx.text;

import org.jspecify.annotations.NullMarked;
