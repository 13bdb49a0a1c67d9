/**
 * The weights that graphs are written with, from a checkpoint: read row by row, adapters merged, several matrices joined to one. How
 * they are stored in fewer bits belongs into {@code quantize}; file formats belong into {@code checkpoint}.
 */
@NullMarked
package io.humpback.onnx.weights;

import org.jspecify.annotations.NullMarked;
