/** Adapters in the format of Hugging Face's PEFT: low-rank changes of a checkpoint's products, read, checked and written. */
@NullMarked
package io.humpback.onnx.peft;

import org.jspecify.annotations.NullMarked;
