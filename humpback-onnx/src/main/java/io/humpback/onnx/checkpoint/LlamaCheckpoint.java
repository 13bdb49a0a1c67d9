package io.humpback.onnx.checkpoint;

import io.humpback.onnx.cache.CacheSettings;
import io.humpback.onnx.cache.FileStamp;
import io.humpback.onnx.cache.FingerprintMemo;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An open checkpoint of either format. */
final class LlamaCheckpoint implements Checkpoint {

    /** Smaller files are read again in less than a tenth of a second. */
    private static final long WORTH_KEEPING = 64L << 20;

    private final Path path;
    private final LlamaConfig config;
    private final Map<WeightName, Tensor> tensors;
    private final TextFiles text;
    private final List<TensorFile> weights;
    private final MessageDigest digest;
    private @Nullable String fingerprint;

    /**
     * @param tensors those the configuration asks for
     * @param weights closed with this
     * @param digest has taken in everything but the weights
     */
    LlamaCheckpoint(
            Path path,
            LlamaConfig config,
            Map<WeightName, Tensor> tensors,
            TextFiles text,
            List<TensorFile> weights,
            MessageDigest digest) {
        this.path = path;
        this.config = config;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.text = text;
        this.weights = weights;
        this.digest = digest;
    }

    /** {@return the format that holds the most bytes; F32 where there are no tensors} */
    static DType storage(Iterable<Tensor> tensors) {
        long[] bytes = new long[DType.values().length];
        tensors.forEach(tensor -> bytes[tensor.dtype().ordinal()] += tensor.byteSize());
        DType most = DType.F32;
        for (DType dtype : DType.values()) {
            most = bytes[dtype.ordinal()] > bytes[most.ordinal()] ? dtype : most;
        }
        return most;
    }

    /**
     * {@return the tensors that a configuration asks for, by name; anything missing, of another shape or left
     * over is refused}
     *
     * @param place for error messages
     * @param stored the names of all tensors there are
     * @param storedName from a name to the one in the file
     * @param tensor from a stored name to the tensor
     * @param ignored stored names that may be left over
     */
    static Map<WeightName, Tensor> select(
            Path place,
            LlamaConfig config,
            Set<String> stored,
            Function<WeightName, String> storedName,
            Function<String, Tensor> tensor,
            Predicate<String> ignored) {
        Map<WeightName, Tensor> selected = new LinkedHashMap<>();
        // the walk ends at the first tensor that is not there, so a hostile number of layers costs nothing
        config.forEachTensor((name, shape) -> {
            String inFile = storedName.apply(name);
            if (!stored.contains(inFile)) {
                throw Refusal.of(
                        place, "tensor " + inFile + " is missing, expected with shape " + Arrays.toString(shape));
            }
            Tensor found = tensor.apply(inFile);
            if (!found.hasShape(shape)) {
                throw Refusal.of(
                        place,
                        "tensor " + inFile + ": shape " + Arrays.toString(found.shape()) + ", expected "
                                + Arrays.toString(shape));
            }
            selected.put(name, found.named(name.toString()));
        });
        Set<String> used = new HashSet<>();
        selected.keySet().forEach(name -> used.add(storedName.apply(name)));
        for (String name : stored) {
            if (!used.contains(name) && !ignored.test(name)) {
                throw Refusal.of(
                        place, "tensor " + Refusal.shown(name) + " has no place in a Llama of this configuration");
            }
        }
        return selected;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public LlamaConfig config() {
        return config;
    }

    @Override
    public Set<WeightName> names() {
        return tensors.keySet();
    }

    @Override
    public Tensor tensor(WeightName name) {
        Tensor tensor = tensors.get(name);
        if (tensor != null) {
            return tensor;
        }
        Tensor whole = tensors.get(name.with(name.part().whole()));
        if (whole == null) {
            throw Refusal.of(path, "no tensor " + name);
        }
        long first = 0;
        for (Part part : name.part().whole().parts()) {
            if (part == name.part()) {
                break;
            }
            first += config.shape(part)[0];
        }
        return whole.rows(name.toString(), first, config.shape(name.part())[0]);
    }

    @Override
    public TextFiles text() {
        return text;
    }

    @Override
    public synchronized String fingerprint() {
        if (fingerprint == null) {
            FingerprintMemo memo = weights.stream().mapToLong(TensorFile::size).sum() < WORTH_KEEPING
                    ? null
                    : CacheSettings.standard()
                            .map(settings -> new FingerprintMemo(settings.folder()))
                            .orElse(null);
            fingerprint =
                    memo == null ? computed() : memo.find(beginning(), stamps()).orElseGet(() -> computed(memo));
        }
        return fingerprint;
    }

    private String computed() {
        weights.forEach(file -> file.addTo(digest));
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Keeps what it computes, unless a file has been touched since it was opened. */
    private String computed(FingerprintMemo memo) {
        String beginning = beginning();
        String computed = computed();
        try {
            List<FileStamp> now = new ArrayList<>();
            for (TensorFile file : weights) {
                now.add(FileStamp.of(file.path()));
            }
            if (now.equals(stamps())) {
                memo.keep(beginning, now, computed);
            }
        } catch (IOException e) {
            // a file is gone: its fingerprint is of no use to others
        }
        return computed;
    }

    private List<FileStamp> stamps() {
        return weights.stream().map(TensorFile::stamp).toList();
    }

    /** {@return the digest of everything but the weights} */
    private String beginning() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("the JDK's SHA-256 can be cloned", e);
        }
    }

    @Override
    public void close() {
        weights.forEach(TensorFile::close);
    }

    @Override
    public String toString() {
        return path + " " + config;
    }
}
