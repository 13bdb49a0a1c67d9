/**
 * What is kept between two openings of a model, since it takes long to make again: weights in fewer bits, and fingerprints of
 * large files. All of it can be deleted at any time. What is kept by which key is decided by those who make it.
 */
@NullMarked
package io.humpback.onnx.cache;

import org.jspecify.annotations.NullMarked;
