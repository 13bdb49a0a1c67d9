package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.nano.Nano;
import io.humpback.model.Adapter;
import io.humpback.model.LanguageModel;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.peft.AdapterFolder;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A checkpoint in, what it is out. */
@Command(
        name = "inspect",
        sortOptions = false,
        description =
                "Tells what a checkpoint is: sizes, formats, tokenizer, template, fingerprint, and whether it can be "
                        + "used here. Exit status 1 if not.")
public final class InspectCommand extends ReportingCommand {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "M",
            description = "A Hugging Face folder, a .gguf file, an ONNX folder or file, nano, or org/name on the hub.")
    private String model;

    @Option(names = "--adapter", paramLabel = "DIR", description = "An adapter, and whether it fits the model.")
    private @Nullable Path adapter;

    @Override
    protected ObjectNode execute() throws IOException {
        Path path = Nano.resolve(HubFiles.model(command(), model));
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        ObjectNode summary = JsonLines.row().put("model", path.toString());
        String against = null;
        try {
            if (isOnnx(path)) {
                exported(summary, path);
            } else {
                checkpoint(summary, path);
            }
        } catch (ModelException e) {
            against = Failure.line(e);
        }
        summary.put("usable", against == null);
        if (against != null) {
            summary.put("reason", against);
        }
        return summary;
    }

    /** {@return whether there are graphs at a path, and no weights that a graph is made for} */
    private static boolean isOnnx(Path path) {
        if (!Files.isDirectory(path)) {
            return path.toString().endsWith(".onnx");
        }
        return Stream.of("model.safetensors", "model.safetensors.index.json")
                        .noneMatch(name -> Files.exists(path.resolve(name)))
                && Stream.of("model.onnx", "genai_config.json", "onnx")
                        .anyMatch(name -> Files.exists(path.resolve(name)));
    }

    private void checkpoint(ObjectNode summary, Path path) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            describe(summary, checkpoint);
            text(summary, checkpoint);
            if (adapter != null) {
                describe(summary.putObject("adapter"), adapter, checkpoint);
            }
        }
    }

    /** An exported folder has no tensors to tell of; whether it opens is found out by opening it. */
    private void exported(ObjectNode summary, Path path) throws IOException {
        if (adapter != null) {
            throw new ModelException(path + ": an exported model takes no adapters, found " + adapter);
        }
        summary.put("format", "ONNX");
        LoadOptions options = LoadOptions.defaults().contextLength(Integer.MAX_VALUE);
        try (LanguageModel opened = Context.of(command()).models().load(path, options)) {
            summary.put("kind", "language model")
                    .put("opens_as", opened.toString())
                    .put("positions", opened.contextLength())
                    .put("fingerprint", opened.fingerprint())
                    .put("chat_template", template(opened));
        }
    }

    private static String template(LanguageModel model) {
        try {
            return model.countTokens(Prompt.chat(Message.user("Why is the sky blue?"))) + " tokens for a question";
        } catch (ModelException e) { // there is none, or it refuses
            return Failure.line(e);
        }
    }

    @Override
    protected int status(ObjectNode summary) {
        return summary.get("usable").booleanValue() ? 0 : 1;
    }

    private static void describe(ObjectNode summary, Checkpoint checkpoint) {
        LlamaConfig config = checkpoint.config();
        Map<DType, Long> tensors = new EnumMap<>(DType.class);
        long parameters = 0;
        long bytes = 0;
        for (WeightName name : checkpoint.names()) {
            Tensor tensor = checkpoint.tensor(name);
            tensors.merge(tensor.dtype(), 1L, Long::sum);
            parameters += tensor.rows() * tensor.rowLength();
            bytes += tensor.byteSize();
        }
        summary.put("format", Files.isDirectory(checkpoint.path()) ? "Hugging Face folder" : "GGUF")
                .put("kind", config.features().reward() == null ? "language model" : "reward model")
                .put("architecture", config.features().family())
                .put("parameters", parameters)
                .put("bytes", bytes);
        ObjectNode formats = summary.putObject("tensors");
        tensors.forEach((format, count) -> formats.put(format.name(), count));
        summary.put("layers", config.layers())
                .put("hidden", config.hiddenSize())
                .put("intermediate", config.intermediateSize())
                .put("heads", config.heads())
                .put("kv_heads", config.kvHeads())
                .put("head_dim", config.headDim())
                .put("vocabulary", config.vocabSize())
                .put("positions", config.maxPositions())
                .put("tied_embeddings", config.tiedEmbeddings())
                .put("rope_theta", config.rope().theta())
                .put("rope_scaling", scaling(config.rope().scaling()));
        config.bosId().ifPresent(id -> summary.put("bos_id", id));
        config.endIds().forEach(summary.putArray("end_ids")::add);
        summary.put("fingerprint", checkpoint.fingerprint());
    }

    private static void describe(ObjectNode summary, Path folder, Checkpoint base) throws IOException {
        PeftAdapter adapter = AdapterFolder.read(folder, base);
        summary.put("path", folder.toString())
                .put("base", adapter.base())
                .put("rank", adapter.rank())
                .put("alpha", adapter.alpha())
                .put("rank_stabilised", adapter.rankStabilised())
                .put("modules", adapter.modules().size())
                .put(
                        "parameters",
                        adapter.modules().stream()
                                .mapToLong(module ->
                                        module.a().limit() + module.b().limit())
                                .sum())
                .put("fingerprint", Adapter.at(folder).fingerprint());
    }

    private static String scaling(Rope.@Nullable Scaling scaling) {
        if (scaling instanceof Rope.Llama3 llama3) {
            return "llama3, factor " + llama3.factor();
        }
        if (scaling instanceof Rope.Linear linear) {
            return "linear, factor " + linear.factor();
        }
        if (scaling instanceof Rope.Yarn yarn) {
            return "yarn, factor " + yarn.factor();
        }
        return scaling == null ? "none" : "a divisor for each frequency";
    }

    /** Fails where the model could not be used: a tokenizer is needed, a chat template is not. */
    private static void text(ObjectNode summary, Checkpoint checkpoint) {
        TextFiles text = checkpoint.text();
        Map<String, Object> gguf = text.ggufMetadata();
        String json = text.tokenizerJson();
        if (gguf == null && json == null) {
            throw new ModelException(
                    Files.exists(checkpoint.path().resolve("tokenizer.model"))
                            ? "no tokenizer.json, only tokenizer.model: expected what AutoTokenizer.from_pretrained(...)"
                                    + ".save_pretrained(...) of transformers makes of it"
                            : "no tokenizer.json");
        }
        try (Tokenizer tokenizer = gguf == null
                ? Tokenizer.of(Objects.requireNonNull(json), text.tokenizerConfigJson())
                : Tokenizer.ofGguf(gguf)) {
            summary.put("tokens", tokenizer.vocabularySize());
            int vocabulary = checkpoint.config().vocabSize();
            if (tokenizer.textSize() > vocabulary) {
                throw new ModelException("the tokenizer has a token " + (tokenizer.textSize() - 1)
                        + ", but the model knows 0 to " + (vocabulary - 1));
            }
            Optional<String> template = gguf == null
                    ? ChatTemplates.find(text.chatTemplateJinja(), text.tokenizerConfigJson())
                    : ChatTemplates.findInGguf(gguf);
            summary.put(
                    "chat_template",
                    template.map(found -> found.length() + " characters").orElse("none"));
            template.ifPresent(found -> conversation(
                    tokenizer, ChatTemplates.of(found, tokenizer.bosToken(), tokenizer.eosToken()), vocabulary));
        }
    }

    /** Lays one conversation out, as every command does that writes or rates. */
    private static void conversation(Tokenizer tokenizer, ChatTemplates template, int vocabulary) {
        Prompt.Chat chat = Prompt.chat(Message.user("Why is the sky blue?"));
        for (int id : PromptEncoder.of(tokenizer, template).encode(chat)) {
            if (id >= vocabulary) {
                throw new ModelException(
                        "chat template: writes token " + id + ", but the model knows 0 to " + (vocabulary - 1));
            }
        }
    }
}
