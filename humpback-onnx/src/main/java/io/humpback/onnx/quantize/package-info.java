/**
 * Fewer bits: rewrites of a finished graph whose products are computed with 4-bit, 8-bit or bfloat16 weights, and the rotation
 * that prepares weights and activations for 8 bits. The architecture is not known here.
 */
@NullMarked
package io.humpback.onnx.quantize;

import org.jspecify.annotations.NullMarked;
