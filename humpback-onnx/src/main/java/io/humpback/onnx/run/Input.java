package io.humpback.onnx.run;

import java.nio.FloatBuffer;

/**
 * A tensor of floats for an input of a graph.
 *
 * @param name of the input
 * @param shape its dimensions
 * @param values as many as the shape says
 */
public record Input(String name, long[] shape, FloatBuffer values) {}
