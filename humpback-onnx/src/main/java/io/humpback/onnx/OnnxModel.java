package io.humpback.onnx;

import static io.humpback.internal.Arguments.require;

import io.humpback.hub.Hub;
import io.humpback.model.Adapter;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.HiddenStates;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.Listener.Task;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.StepDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint of a Llama, or of a family that differs from it in details, that runs on ONNX Runtime; or a decoder that others
 * exported, which writes one completion at a time. Safe for use from
 * many threads: their computations take turns, in the order in which they ask, and each uses all of the device; on a GPU the
 * prompts of waiting threads are rated together. A beginning that prompts share is computed once, whoever asks, and needs
 * memory once; a stream of completions has memory of its own while it is read. An interrupted thread stops waiting at once
 * with a {@link java.util.concurrent.CancellationException}; closing the model ends the waiting of all with an
 * {@link IllegalStateException}.
 *
 * <p>Weights are written to a temporary file that the runtime maps, in the folder of the system property
 * {@code java.io.tmpdir}; it is deleted when the model is loaded, where the system allows it, else when it is closed. Large
 * ones in int8 and int4 are written to a folder of caches and stay there, see {@link LoadOptions#caching}.
 */
public final class OnnxModel implements LanguageModel {

    private final LoadedModel loaded;
    private final @Nullable Adapted adapted;
    private final ModelInputs inputs;
    private final Listener listener;

    /** An adapter at the inputs of a model's second session. */
    private record Adapted(StepDecoder decoder, String fingerprint) {}

    private OnnxModel(LoadedModel loaded, @Nullable Adapted adapted, Listener listener) {
        this.loaded = loaded;
        this.adapted = adapted;
        this.listener = listener;
        inputs = new ModelInputs(loaded.encoder(), loaded.facts().vocabulary(), loaded.contextLength());
    }

    /**
     * {@return a model with the default options}
     *
     * @param path a Hugging Face folder, a GGUF file, a folder that {@link OnnxExport} wrote, or one of a decoder with a cache as
     *     optimum, onnx-community or the builder of onnxruntime-genai write them, or a graph in such a folder
     * @throws IOException if reading fails
     * @throws ModelException if it is no model that can be run; the message names the file and what was found
     */
    public static OnnxModel load(Path path) throws IOException {
        return load(path, LoadOptions.defaults());
    }

    /**
     * {@return a model}
     *
     * @param path a Hugging Face folder, a GGUF file, a folder that {@link OnnxExport} wrote, or one of a decoder with a cache as
     *     optimum, onnx-community or the builder of onnxruntime-genai write them, or a graph in such a folder
     * @param options how to load it
     * @throws IOException if reading fails
     * @throws ModelException if it is no model that can be run, or the device is not there
     */
    public static OnnxModel load(Path path, LoadOptions options) throws IOException {
        return new OnnxModel(LoadedModel.load(path, options), null, Listener.NONE);
    }

    /**
     * {@return a model by its path or its name on Hugging Face's hub, with the default options}
     *
     * @param name a path, as of {@link #load(Path)}, or, where nothing is there, {@code org/name}, {@code org/name@revision},
     *     {@code org/name:Q5_K_M} or {@code org/name:file.gguf}
     * @throws IOException if it can be neither read nor fetched; the message says what to do
     * @throws ModelException if it is no model that can be run
     * @see #load(String, LoadOptions)
     */
    public static OnnxModel load(String name) throws IOException {
        return load(name, LoadOptions.defaults());
    }

    /**
     * {@return a model by its path or its name on Hugging Face's hub} What is in the cache of Python's {@code huggingface_hub}
     * is used without a request; what is missing there is fetched into it, no more than opening needs and never a pickle, and
     * compared with the hash that the hub tells. The environment is that of Python's client: {@code HF_HOME}, {@code
     * HF_HUB_CACHE}, {@code HF_TOKEN}, {@code HF_ENDPOINT}, {@code HF_HUB_OFFLINE}.
     *
     * @param name a path, as of {@link #load(Path)}, or, where nothing is there, {@code org/name}, {@code org/name@revision},
     *     {@code org/name:Q5_K_M} or {@code org/name:file.gguf}
     * @param options how to load it
     * @throws IOException if it can be neither read nor fetched; the message says what to do
     * @throws ModelException if it is no model that can be run, or the device is not there
     */
    public static OnnxModel load(String name, LoadOptions options) throws IOException {
        Objects.requireNonNull(name, "name");
        return load(Hub.ofEnvironment().listening(Hub.Listener.LOG).model(name), options);
    }

    @Override
    public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
        inputs.inVocabulary(
                sampling.stopTokens().stream().mapToInt(Integer::intValue).toArray());
        Iterator<? extends Prompt> source = prompts.iterator();
        Iterator<int[]> ids = new Iterator<>() {
            private long item;

            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public int[] next() {
                return inputs.promptToComplete(source.next(), item++);
            }
        };
        DecodeRequest request = new DecodeRequest(
                ids,
                sampling,
                Set.copyOf(loaded.facts().endIds()),
                contextLength(),
                loaded.options().batch(),
                written -> loaded.tokenizer().decode(written, true),
                new CallMeter(Task.COMPLETE, listener));
        return stream(decoder().complete(request), prompts);
    }

    @Override
    public Stream<Choice> choose(Stream<Choice.Options> options) {
        CallMeter meter = new CallMeter(Task.CHOOSE, listener);
        return stream(
                new BatchIterator<>(
                        options.iterator(),
                        decoder().preferredBatch(),
                        inputs::options,
                        trees -> OptionReading.of(
                                trees, decoder(), loaded.facts().endIds()),
                        (tree, reading) -> {
                            meter.add(1, reading.tokens(), reading.shared(), 0);
                            return reading.choice(tree.common());
                        }),
                options);
    }

    @Override
    public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
        CallMeter meter = new CallMeter(Task.LIKELIHOOD, listener);
        return stream(
                new BatchIterator<>(
                        continuations.iterator(),
                        decoder().preferredBatch(),
                        inputs::continuation,
                        decoder()::logProbabilities,
                        (continuation, logs) -> {
                            meter.add(1, continuation.length(), logs.shared(), 0);
                            double[] tokens = IntStream.range(0, logs.values().length)
                                    .mapToDouble(i -> logs.values()[i])
                                    .toArray();
                            return new Likelihood(tokens, continuation.prompt().length);
                        }),
                continuations);
    }

    @Override
    public Stream<HiddenStates> hiddenStates(Stream<HiddenStates.Request> requests, List<Integer> layers) {
        List<Integer> wanted = List.copyOf(layers);
        if (layers() == 0) {
            throw new ModelException(
                    loaded.path() + ": gives no hidden states, which take a checkpoint, or one exported by this"
                            + " version, on a CPU");
        }
        for (int layer : wanted) {
            require(layer >= 1 && layer <= layers(), "layer", layer, "1 to " + layers());
        }
        CallMeter meter = new CallMeter(Task.STATES, listener);
        return stream(
                new BatchIterator<>(
                        requests.iterator(),
                        decoder().preferredBatch(),
                        (HiddenStates.Request request, long item) -> inputs.states(request, wanted, item),
                        decoder()::states,
                        (request, computed) -> {
                            meter.add(1, request.ids().length, computed.shared(), 0);
                            return request.states(computed.values());
                        }),
                requests);
    }

    @Override
    public int layers() {
        return decoder().stateLayers();
    }

    private Decoder decoder() {
        return adapted == null ? loaded.decoder() : adapted.decoder;
    }

    /** {@return results as a stream that closes its source} */
    static <R> Stream<R> stream(Iterator<R> results, Stream<?> source) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(results, Spliterator.ORDERED), false)
                .onClose(source::close);
    }

    /** {@inheritDoc} It begins with the base, not with an adapter of this model. */
    @Override
    public OnnxTrainer trainer() {
        return OnnxTrainer.of(loaded.path()).device(loaded.options().device());
    }

    @Override
    public int countTokens(Prompt prompt) {
        return inputs.prompt(prompt).length;
    }

    @Override
    public int contextLength() {
        return loaded.contextLength();
    }

    @Override
    public String fingerprint() {
        return adapted == null ? loaded.facts().fingerprint() : adapted.fingerprint;
    }

    @Override
    public OnnxModel listening(Listener other) {
        return new OnnxModel(loaded, adapted, Objects.requireNonNull(other, "listener"));
    }

    /**
     * {@return this model with what a training has left} The first adapter opens a second session next to the one without
     * adapters, which takes as long and as much memory as loading did; all others share it. Each of the model's linear
     * products then has two thin ones more; otherwise tokens are computed as fast as before. For a long pass with one
     * adapter, {@link LoadOptions#adapter} is faster; on a GPU an adapter is always loaded that way, as another model.
     * Closing this model ends what it gave; closing that does not close this one.
     */
    @Override
    public OnnxModel with(Adapter adapter) throws IOException {
        LoadOptions options = loaded.options();
        if (adapted != null || options.adapter().isPresent()) {
            throw new ModelException(adapter.folder() + ": the model has an adapter already, expected the plain one");
        }
        if (!PeftAdapter.isAt(adapter.folder())) {
            return load(adapter.folder(), options).listening(listener);
        }
        if (options.device().isCuda()) {
            return load(loaded.path(), options.adapter(Optional.of(adapter.folder())))
                    .listening(listener);
        }
        StepDecoder decoder = loaded.adaptable().with(adapter.folder());
        String fingerprint = fingerprint() + "+" + adapter.fingerprint();
        return new OnnxModel(loaded, new Adapted(decoder, fingerprint), listener);
    }

    /** {@inheritDoc} Adapters of the model take part: their session is opened again too. */
    @Override
    public void release() {
        loaded.release();
    }

    @Override
    public void close() {
        if (adapted == null) {
            loaded.close();
        } else {
            adapted.decoder.close();
        }
    }

    @Override
    public String toString() {
        return "model " + fingerprint() + " in " + loaded.facts().precision() + " on "
                + loaded.options().device();
    }
}
