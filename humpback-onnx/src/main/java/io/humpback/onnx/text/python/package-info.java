/**
 * Values of Python as chat templates see them, and what Python does with them: printing, comparing, computing, the
 * methods of texts, JSON, dates. All of it is data made here; no object of Java can be reached from it. What it costs is
 * counted in a {@link io.humpback.onnx.text.python.Rendering}.
 */
@NullMarked
package io.humpback.onnx.text.python;

import org.jspecify.annotations.NullMarked;
