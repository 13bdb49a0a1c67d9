package io.humpback.onnx;

import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.Sha256;
import io.humpback.internal.TemporaryFiles;
import io.humpback.onnx.cache.CacheSettings;
import io.humpback.onnx.cache.WeightCache;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.graph.WeightFile;
import io.humpback.onnx.quantize.Int8Products;
import io.humpback.onnx.quantize.PrecisionPass;
import io.humpback.onnx.weights.ModelSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint as a folder that the runtime opens. The folder is a temporary one; or, where a precision computes large weights,
 * one that is kept, and then only the graph is made anew. What is kept depends on the checkpoint, the adapter merged into it,
 * the precision, the version of its arithmetic and the names and shapes of all weights.
 */
final class ConvertedModel {

    private static final System.Logger LOG = System.getLogger(ConvertedModel.class.getName());

    /** Smaller weights are converted in about a second. */
    private static final long WORTH_KEEPING = 64L << 20;

    private ConvertedModel() {}

    /** Opens a folder. */
    interface Opener<T> {
        T open(ExportedModel model, LoadOptions options);
    }

    /** {@return what is made of a source's folder; {@code adapter} is what the source has merged, or null} */
    static <T> T open(ModelSource source, @Nullable Path adapter, LoadOptions options, Opener<T> opener)
            throws IOException {
        WeightCache cache = converts(options)
                ? CacheSettings.standard().map(WeightCache::new).orElse(null)
                : null;
        return open(source, adapter, options, opener, cache, WORTH_KEEPING);
    }

    private static boolean converts(LoadOptions options) {
        return options.caching() && (options.precision() == Precision.INT8 || options.precision() == Precision.INT4);
    }

    /** The same with a cache, which takes weights from some bytes on. */
    static <T> T open(
            ModelSource source,
            @Nullable Path adapter,
            LoadOptions options,
            Opener<T> opener,
            @Nullable WeightCache cache,
            long worthKeeping)
            throws IOException {
        String fingerprint = OnnxExport.fingerprint(source.checkpoint(), adapter, options.precision());
        Graph graph = OnnxExport.graph(source, options);
        List<Weight> weights = graph.liveWeights();
        long bytes = weights.stream().mapToLong(Weight::bytes).sum();
        if (cache != null && bytes >= worthKeeping) {
            try (WeightCache.Claim claim =
                    claim(cache, key(fingerprint, options, source.adaptable(), weights), bytes, weights)) {
                if (claim != null) {
                    OnnxExport.writeRest(graph, source.checkpoint(), fingerprint, claim.folder(), options);
                    return opener.open(ExportedModel.read(claim.folder()), options);
                }
            }
        }
        Path folder = TemporaryFiles.newFolder("model");
        try {
            WeightFile.write(weights, folder.resolve(ExportedModel.WEIGHTS));
            OnnxExport.writeRest(graph, source.checkpoint(), fingerprint, folder, options);
            return opener.open(ExportedModel.read(folder), options);
        } catch (IOException e) {
            throw Places.naming(folder, e);
        } finally {
            ExportedModel.delete(folder);
        }
    }

    /** {@return the folder with the weights; null if they cannot be kept, which is no reason to fail} */
    private static WeightCache.@Nullable Claim claim(WeightCache cache, String key, long bytes, List<Weight> weights)
            throws IOException {
        WeightCache.Claim claimed = null;
        try {
            Optional<WeightCache.Claim> free = cache.claim(key, bytes);
            if (free.isPresent()) {
                claimed = free.get();
                claimed.fill(file -> WeightFile.write(weights, file));
            }
            return claimed;
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                ReadFaults.closeQuietly(claimed);
                throw e;
            }
            LOG.log(Level.WARNING, "{0}: not kept for the next time: {1}", cache.folder(), ReadFaults.reason(e));
            ReadFaults.closeQuietly(claimed);
            return null;
        }
    }

    private static String key(String fingerprint, LoadOptions options, boolean adaptable, List<Weight> weights) {
        MessageDigest digest = Sha256.digest();
        StringBuilder text = new StringBuilder()
                .append(PrecisionPass.VERSION)
                .append(' ')
                .append(Int8Products.LEVELS) // two kinds of processors may share a folder
                .append('\n')
                .append(fingerprint)
                .append('\n')
                .append(options.device().isCuda())
                .append(' ')
                .append(options.contextLength())
                .append(' ')
                .append(adaptable);
        weights.forEach(weight -> text.append('\n')
                .append(weight.name())
                .append(' ')
                .append(weight.type())
                .append(' ')
                .append(weight.shape()));
        digest.update(text.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest());
    }
}
