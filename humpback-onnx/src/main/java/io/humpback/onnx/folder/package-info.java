/** Folders of ONNX graphs that others may have written: what is checked before the runtime opens one. */
@NullMarked
package io.humpback.onnx.folder;

import org.jspecify.annotations.NullMarked;
