/**
 * A small typed language over ONNX operators. {@link io.humpback.onnx.graph.Graph} builds; a
 * {@link io.humpback.onnx.graph.Value} has an element type, a symbolic shape and the operators, so that a mistake in either
 * surfaces on the line that builds it; {@link io.humpback.onnx.graph.RuntimeOperators} are those that not every runtime
 * has. {@link io.humpback.onnx.graph.Rewriter} replaces nodes, {@link io.humpback.onnx.graph.Gradients} adds the backward
 * pass, {@link io.humpback.onnx.graph.OnnxWriter} writes ONNX's format. What a model computes, in which precision, and how
 * graphs are run does not belong here.
 */
@NullMarked
package io.humpback.onnx.graph;

import org.jspecify.annotations.NullMarked;
