package io.humpback.onnx.run;

import java.nio.FloatBuffer;

/** A tensor of floats, in row-major order, for an input of a graph. */
public record Input(String name, long[] shape, FloatBuffer values) {}
