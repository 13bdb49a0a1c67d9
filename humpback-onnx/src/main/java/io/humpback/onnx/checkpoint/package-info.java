/**
 * Checkpoints in: weights of a Llama, or of a family that differs from it in what {@link
 * io.humpback.onnx.checkpoint.LlamaConfig.Features} tells, as they lie on disk, read where they are asked for. A {@link
 * io.humpback.onnx.checkpoint.Checkpoint} gives the same configuration, the same tensor names and the same row order for a
 * Hugging Face folder and for a GGUF file. Only file formats and what they say belong here; graphs and tokenizers are built
 * elsewhere. Files are taken to be hostile: everything is checked before it is used, nothing is allocated beyond what the
 * file's own length justifies, and whatever is not understood is refused by name with a {@link
 * io.humpback.model.ModelException}.
 */
@NullMarked
package io.humpback.onnx.checkpoint;

import org.jspecify.annotations.NullMarked;
