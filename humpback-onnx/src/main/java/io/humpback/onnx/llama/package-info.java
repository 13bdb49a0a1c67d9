/**
 * The Llama architecture, written once, and the graphs of inference made with it. What differs between their uses is the
 * attention they hand to it; what differs between checkpoints is read from {@code LlamaConfig.Features}. Precisions belong
 * into {@code quantize}, the graphs of training into {@code train}, and nothing here runs a graph.
 */
@NullMarked
package io.humpback.onnx.llama;

import org.jspecify.annotations.NullMarked;
