/**
 * A small typed language over ONNX operators, and nothing else: a {@link io.humpback.onnx.graph.Value} has an element
 * type and a symbolic shape, and a mistake in either surfaces on the line that builds it. Precision and fusion are
 * passes that rewrite a finished graph; {@link io.humpback.onnx.graph.OnnxWriter} turns a graph into ONNX's own format.
 */
@NullMarked
package io.humpback.onnx.graph;

import org.jspecify.annotations.NullMarked;
