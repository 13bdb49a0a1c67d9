package io.humpback.onnx;

import io.humpback.hub.Hub;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.Adapter;
import io.humpback.model.ModelException;
import io.humpback.model.Trainer;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.peft.AdapterFolder;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.run.CudaDevice;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.ExampleEncoder;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import io.humpback.onnx.train.EncodedExamples;
import io.humpback.onnx.train.Hardware;
import io.humpback.onnx.train.LoraParameters;
import io.humpback.onnx.train.Parameter;
import io.humpback.onnx.train.SavePoint;
import io.humpback.onnx.train.Training;
import io.humpback.onnx.train.TrainingGraph;
import io.humpback.onnx.train.TrainingSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Trains a checkpoint with ONNX Runtime. A low-rank adapter is written as a PEFT folder, a fully fine-tuned model as a
 * Hugging Face folder, in bfloat16 if the checkpoint is, else in float32. The folder also holds {@code losses.jsonl}, an
 * event file for TensorBoard, {@code loss.svg}, and the state from which an interrupted training continues. Immutable.
 */
public final class OnnxTrainer implements Trainer {

    private final Path checkpoint;
    private final Device device;
    private final @Nullable Path start;

    private OnnxTrainer(Path checkpoint, Device device, @Nullable Path start) {
        this.checkpoint = checkpoint;
        this.device = device;
        this.start = start;
    }

    /**
     * {@return a trainer on the CPU}
     *
     * @param checkpoint a Hugging Face folder or a GGUF file
     * @throws ModelException if it is an exported model
     */
    public static OnnxTrainer of(Path checkpoint) {
        Objects.requireNonNull(checkpoint, "checkpoint");
        if (ForeignModel.isAt(checkpoint) || ExportedModel.isAt(checkpoint)) {
            throw new ModelException(
                    checkpoint + ": an exported model cannot be trained, expected the checkpoint it was made of");
        }
        return new OnnxTrainer(checkpoint, Device.cpu(), null);
    }

    /**
     * {@return a copy that computes gradients on another device; the optimizer runs on the CPU}
     *
     * @param value the device
     */
    public OnnxTrainer device(Device value) {
        return new OnnxTrainer(checkpoint, Objects.requireNonNull(value, "device"), start);
    }

    /**
     * {@return a copy that starts from an existing adapter}
     *
     * @param adapter a PEFT folder of the plan's rank, scale and targets
     */
    public OnnxTrainer startingWith(Path adapter) {
        return new OnnxTrainer(checkpoint, device, Objects.requireNonNull(adapter, "adapter"));
    }

    @Override
    public Adapter train(List<TrainingExample> examples, TrainingPlan plan, Path folder, TrainingListener listener)
            throws IOException {
        Hardware hardware = device.isCuda() ? Hardware.gpu(CudaDevice.usable(device.cuda(), true)) : Hardware.cpu();
        try (Checkpoint base = Checkpoint.open(checkpoint)) {
            LlamaConfig.Reward reward = base.config().features().reward();
            if (reward != null) {
                throw new ModelException(checkpoint + ": a reward model (" + reward.architecture()
                        + ") cannot be trained, expected a model that writes text");
            }
            if (plan.lora().isEmpty()) {
                ModelFolder.requireWritable(base);
            }
            EncodedExamples encoded = encode(base, examples, plan);
            TrainingGraph graph = TrainingGraph.of(base, plan, hardware);
            Map<String, String> identity = identity(base, encoded, plan);
            SavePoint begun = begin(folder, identity);
            if (begun.finished().isPresent()) {
                begun.tell(listener, begun.step());
                return finished(folder, begun.finished().get());
            }
            Path graphs = TemporaryFiles.newFolder("training");
            try {
                writing(graphs + ": the graphs of the training", () -> graph.write(graphs));
                List<Parameter> parameters = graph.parameters();
                if (start != null) {
                    load(start, base, plan, parameters);
                }
                // Frees the graphs just written, and caches of earlier generations: those lie outside the heap, so that
                // no collection would be due before training takes its memory.
                System.gc();
                SavePoint end;
                try (TrainingSession session =
                        TrainingSession.open(graphs, parameters, device.cuda(), device.threads(), graph.lean())) {
                    end = Training.run(session, encoded, plan, folder, begun, listener, device.threads());
                }
                writing(folder + ": the result", () -> write(parameters, plan, base, folder));
                Adapter adapter = Adapter.at(folder);
                end.finished(adapter.fingerprint()).write(folder, List.of());
                return adapter;
            } finally {
                ExportedModel.delete(graphs);
            }
        }
    }

    private static EncodedExamples encode(Checkpoint base, List<TrainingExample> examples, TrainingPlan plan) {
        TextFiles text = base.text();
        if (text.ggufMetadata() == null && text.tokenizerJson() == null) {
            throw new ModelException(base.path() + ": no tokenizer.json");
        }
        try (Tokenizer tokenizer = ModelFiles.namingModel(
                base.path(),
                () -> text.ggufMetadata() != null
                        ? Tokenizer.ofGguf(text.ggufMetadata())
                        : Tokenizer.of(Objects.requireNonNull(text.tokenizerJson()), text.tokenizerConfigJson()))) {
            ChatTemplates template = ModelFiles.namingModel(base.path(), () -> AdapterFolder.template(text)
                    .map(found -> ChatTemplates.of(found, tokenizer.bosToken(), tokenizer.eosToken()))
                    .orElse(null));
            List<Integer> ends = base.config().endIds();
            OptionalInt end =
                    tokenizer.eosId().isPresent() || ends.isEmpty() ? tokenizer.eosId() : OptionalInt.of(ends.get(0));
            ExampleEncoder encoder = ExampleEncoder.of(tokenizer, PromptEncoder.of(tokenizer, template), end);
            return EncodedExamples.of(
                    examples,
                    encoder,
                    plan,
                    base.config().maxPositions(),
                    base.config().vocabSize());
        }
    }

    /** The settings that must be the same when a training is continued. */
    private Map<String, String> identity(Checkpoint base, EncodedExamples encoded, TrainingPlan plan)
            throws IOException {
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("model", base.fingerprint());
        identity.put(
                "starting adapter", start == null ? "none" : Adapter.at(start).fingerprint());
        identity.put("examples", encoded.fingerprint());
        plan.lora()
                .ifPresent(
                        lora -> identity.put("lora rank", Integer.toString(lora.rank()))); // first named of its parts
        plan.settings().forEach((name, value) -> identity.put(name, value.toString()));
        if (plan.batching().steps() > 0) {
            identity.put("epochs", "unused");
        }
        return identity;
    }

    private static SavePoint begin(Path folder, Map<String, String> identity) throws IOException {
        Files.createDirectories(folder);
        AtomicFiles.sweep(folder, "");
        SavePoint begun = SavePoint.read(folder).orElse(null);
        if (begun != null) {
            begun.requireSame(folder, identity);
            return begun;
        }
        for (String other : List.of(PeftAdapter.CONFIG, ExportedModel.CONFIG)) {
            if (Files.exists(folder.resolve(other))) {
                throw new ModelException(
                        folder + ": holds " + other + " of something else, expected an empty folder, or none");
            }
        }
        SavePoint beginning = SavePoint.beginning(identity);
        beginning.write(folder, List.of());
        return beginning;
    }

    private static Adapter finished(Path folder, String fingerprint) throws IOException {
        Adapter adapter = Adapter.at(folder);
        if (!adapter.fingerprint().equals(fingerprint)) {
            throw new ModelException(folder + ": its training left an adapter of fingerprint " + fingerprint
                    + ", found " + adapter.fingerprint() + ": expected it unchanged, or another folder");
        }
        return adapter;
    }

    /** Before the first step: an adapter's values in place of the initial ones. */
    private static void load(Path adapter, Checkpoint base, TrainingPlan plan, List<Parameter> parameters)
            throws IOException {
        Lora lora = plan.lora()
                .orElseThrow(() -> new ModelException(adapter + ": full fine-tuning cannot begin with an adapter"));
        LoraParameters.load(AdapterFolder.read(adapter, base), adapter, lora, parameters);
    }

    @FunctionalInterface
    private interface Writing {
        void run() throws IOException;
    }

    /** Names what could not be written: the system's message about a full disk names no file. */
    private static void writing(String what, Writing work) throws IOException {
        try {
            work.run();
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(what + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static void write(List<Parameter> parameters, TrainingPlan plan, Checkpoint base, Path folder)
            throws IOException {
        if (plan.lora().isPresent()) {
            String name = Hub.nameOf(base.path());
            AdapterFolder.write(LoraParameters.adapter(parameters, plan.lora().get(), name), folder, base);
            return;
        }
        Map<WeightName, FloatBuffer> changed = new LinkedHashMap<>();
        parameters.forEach(parameter -> changed.put(
                WeightName.of(parameter.name()), parameter.values().duplicate().clear()));
        boolean bf16 = base.names().stream().allMatch(name -> base.tensor(name).dtype() == DType.BF16);
        ModelFolder.write(base, changed, bf16 ? DType.BF16 : DType.F32, folder);
    }

    @Override
    public String toString() {
        return "trainer of " + checkpoint + " on " + device;
    }
}
