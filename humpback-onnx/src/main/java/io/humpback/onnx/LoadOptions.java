package io.humpback.onnx;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a model is loaded. Immutable; every step returns a new value.
 *
 * @param precision of weights and products; an exported folder has its own, and of one with several graphs it
 *     chooses one; null for the device's: 32-bit floats on a CPU,
 *     bfloat16 on a GPU
 * @param device where it runs
 * @param contextLength tokens that prompt and completion may have together; the model's own bound if that is less
 * @param prefixSharing whether the beginning that a prompt shares with the one before it is computed once
 * @param batch completions written at the same time, at most; fewer where their caches would not fit the memory
 * @param adapter folder of a change that the weights take in while they are loaded, or of a whole model in place of the one
 *     named; the result is as fast as a model without
 * @param caching whether large weights that int8 and int4 compute are kept on disk for the next time, in the folder of the system
 *     property {@code humpback.cache} or the variable {@code HUMPBACK_CACHE} (a folder or {@code off}), by default
 *     {@code ~/.cache/humpback}; 20 GiB at most, or {@code humpback.cache.gib}
 */
public record LoadOptions(
        @Nullable Precision precision,
        Device device,
        int contextLength,
        boolean prefixSharing,
        int batch,
        Optional<Path> adapter,
        boolean caching) {

    /** Checks the ranges. */
    public LoadOptions {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(adapter, "adapter");
        if (contextLength < 1) {
            throw new IllegalArgumentException("contextLength = " + contextLength + ": expected at least 1");
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch = " + batch + ": expected at least 1");
        }
    }

    /** {@return 32-bit floats on the CPU, contexts up to 8,192 tokens, prefix sharing, 32 completions at the same time, with the cache} */
    public static LoadOptions defaults() {
        return new LoadOptions(null, Device.cpu(), 8192, true, 32, Optional.empty(), true);
    }

    /** {@return the precision, the device's where none is set} */
    @Override
    public Precision precision() {
        return precision != null ? precision : device.isCuda() ? Precision.BF16 : Precision.FP32;
    }

    /** {@return the precision that is set; null for none} */
    @Nullable
    Precision chosenPrecision() {
        return precision;
    }

    /** {@return a copy with another {@link #precision()}} */
    public LoadOptions precision(Precision value) {
        return new LoadOptions(value, device, contextLength, prefixSharing, batch, adapter, caching);
    }

    /** {@return a copy for another {@link #device()}} */
    public LoadOptions device(Device value) {
        return new LoadOptions(precision, value, contextLength, prefixSharing, batch, adapter, caching);
    }

    /** {@return a copy with another {@link #contextLength()}} */
    public LoadOptions contextLength(int value) {
        return new LoadOptions(precision, device, value, prefixSharing, batch, adapter, caching);
    }

    /** {@return a copy with or without {@link #prefixSharing()}} */
    public LoadOptions prefixSharing(boolean value) {
        return new LoadOptions(precision, device, contextLength, value, batch, adapter, caching);
    }

    /** {@return a copy with another {@link #batch()}} */
    public LoadOptions batch(int value) {
        return new LoadOptions(precision, device, contextLength, prefixSharing, value, adapter, caching);
    }

    /** {@return a copy with another {@link #adapter()}, or none} */
    public LoadOptions adapter(Optional<Path> value) {
        return new LoadOptions(precision, device, contextLength, prefixSharing, batch, value, caching);
    }

    /** {@return a copy with or without {@link #caching()}} */
    public LoadOptions caching(boolean value) {
        return new LoadOptions(precision, device, contextLength, prefixSharing, batch, adapter, value);
    }
}
