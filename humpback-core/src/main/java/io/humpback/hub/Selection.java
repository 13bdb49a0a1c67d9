package io.humpback.hub;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a repository that opening a model needs. Never a pickle, which runs code when it is read.
 *
 * @param files paths, small ones before weights
 * @param index the path among them that names more: the index of a model in shards; null for none
 * @param open the path of what is opened; empty for the folder
 */
record Selection(List<String> files, @Nullable String index, String open) {

    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final List<String> TEXTS = List.of(
            CONFIG,
            "generation_config.json",
            TOKENIZER,
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja");
    private static final List<String> ADAPTER = List.of("adapter_config.json", "adapter_model.safetensors");

    private static final Pattern SPLIT = Pattern.compile("(.*)-\\d{5}-of-(\\d{5})\\.gguf");
    private static final Pattern FIRST = Pattern.compile("(.*)-00001-of-\\d{5}\\.gguf");
    private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|pt|pth|pkl|ckpt)");
    private static final Pattern QUANTISATION =
            Pattern.compile("(?i)(?:UD-)?(?:I?Q\\d[0-9A-Z_]*|TQ\\d_\\d|BF16|F16|F32|FP16|FP32|MXFP4[A-Z_]*)");
    private static final int MAX_LISTED = 12;

    /**
     * {@return what of some files opening a model needs}
     *
     * @param name whose file, if it has one, says which of several models
     * @param all the repository's files
     * @throws IOException if there is no model among them that can be opened, or several
     */
    static Selection of(HubName name, Collection<String> all) throws IOException {
        Set<String> there = new TreeSet<>(all);
        String wanted = name.file();
        if (wanted != null) {
            return there.contains(wanted) ? file(name, there, wanted) : variant(name, there, wanted);
        }
        if (there.contains(CONFIG) && (there.contains(WEIGHTS) || there.contains(INDEX))) {
            return folder(name, there);
        }
        if (there.containsAll(ADAPTER)) {
            return new Selection(ADAPTER, null, "");
        }
        for (String graph : List.of("model.onnx", "onnx/model.onnx")) {
            if (there.contains(graph)) {
                return onnx(there, graph);
            }
        }
        List<String> models = ggufs(there);
        if (models.size() == 1) {
            return gguf(name, there, models.get(0));
        }
        throw new IOException(name + ": " + why(name, there, models));
    }

    /** {@return the names of the models among some files: that of the repository, or of each of its GGUF files} */
    static List<HubName> names(HubName repository, Collection<String> all) {
        List<String> files = ggufs(new TreeSet<>(all));
        return all.contains(CONFIG) && (all.contains(WEIGHTS) || all.contains(INDEX)) || files.isEmpty()
                ? List.of(repository)
                : files.stream().map(repository::file).toList();
    }

    /** The files of a model in Hugging Face's layout. */
    private static Selection folder(HubName name, Set<String> there) throws IOException {
        if (!there.contains(TOKENIZER)) {
            throw new IOException(name + ": no tokenizer.json"
                    + (there.contains("tokenizer.model")
                            ? ", only tokenizer.model: expected a repository with what"
                                    + " AutoTokenizer.from_pretrained(...).save_pretrained(...) of transformers makes of it"
                            : ", expected a model with its tokenizer"));
        }
        List<String> files = new ArrayList<>(texts(there));
        boolean whole = there.contains(WEIGHTS);
        files.add(whole ? WEIGHTS : INDEX);
        return new Selection(files, whole ? null : INDEX, "");
    }

    private static List<String> texts(Set<String> there) {
        return TEXTS.stream().filter(there::contains).toList();
    }

    /** A graph with the files beside it that bear its name, which hold its weights. */
    private static Selection onnx(Set<String> there, String graph) {
        Set<String> files = new LinkedHashSet<>(texts(there));
        if (there.contains("genai_config.json")) {
            files.add("genai_config.json");
        }
        files.add(graph);
        there.stream()
                .filter(file -> file.startsWith(graph + "_data") || file.startsWith(graph + ".data"))
                .forEach(files::add);
        return new Selection(List.copyOf(files), null, graph.equals("model.onnx") ? "" : graph);
    }

    private static Selection gguf(HubName name, Set<String> there, String file) throws IOException {
        Matcher split = SPLIT.matcher(file);
        if (!split.matches()) {
            return new Selection(List.of(file), null, file);
        }
        List<String> parts = new ArrayList<>();
        int count = Integer.parseInt(split.group(2));
        for (int i = 1; i <= count; i++) {
            String part = String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", split.group(1), i, count);
            if (!there.contains(part)) {
                throw new IOException(name + ": no " + part + ", a part of the model");
            }
            parts.add(part);
        }
        return new Selection(parts, null, parts.get(0));
    }

    /** A file that is named in full. */
    private static Selection file(HubName name, Set<String> there, String file) throws IOException {
        if (file.endsWith(".gguf")) {
            return gguf(name, there, file);
        } else if (file.endsWith(".onnx")) {
            return onnx(there, file);
        } else if (file.equals(WEIGHTS) || file.equals(INDEX)) {
            return of(name.file(null), there);
        }
        throw new IOException(name + ": "
                + (PICKLE.matcher(file).matches()
                        ? "may run code when it is read, expected .safetensors, .gguf or .onnx"
                        : "no model, expected a .gguf or .onnx file"));
    }

    /** One of several models that is named by its quantisation, such as Q5_K_M, or q4 of {@code model_q4.onnx}. */
    private static Selection variant(HubName name, Set<String> there, String wanted) throws IOException {
        Pattern part =
                Pattern.compile("(?i)(?:.*[^A-Za-z0-9])?" + Pattern.quote(wanted) + "(?:[^A-Za-z0-9_].*)?\\.gguf");
        List<String> found = ggufs(there).stream()
                .filter(file -> part.matcher(file).matches())
                .toList();
        if (found.size() == 1) {
            return gguf(name, there, found.get(0));
        } else if (found.size() > 1) {
            throw new IOException(name + ": found " + listed(found) + ", expected one of them to be named");
        }
        for (String graph : List.of("model_" + wanted + ".onnx", "onnx/model_" + wanted + ".onnx")) {
            if (there.contains(graph)) {
                return onnx(there, graph);
            }
        }
        List<String> choices = choices(there, ggufs(there));
        throw new IOException(
                name + ": no file or quantisation " + wanted + (choices.isEmpty() ? "" : ", found " + listed(choices)));
    }

    /** {@return the models among the files: first parts of split ones, and nothing that only goes along with a model} */
    private static List<String> ggufs(Set<String> there) {
        return there.stream()
                .filter(file -> file.endsWith(".gguf"))
                .filter(file ->
                        !SPLIT.matcher(file).matches() || FIRST.matcher(file).matches())
                .filter(file -> !last(file).startsWith("mmproj"))
                .toList();
    }

    /** {@return what can stand after the colon} */
    private static List<String> choices(Set<String> there, List<String> models) {
        Stream<String> graphs = there.stream()
                .filter(file -> file.matches("(onnx/)?model_\\w+\\.onnx"))
                .map(file -> file.replaceAll(".*model_|\\.onnx", ""));
        return Stream.concat(models.stream().map(Selection::quantisation), graphs)
                .distinct()
                .toList();
    }

    private static String quantisation(String file) {
        String found = null;
        for (String part : last(file).replaceAll("\\.gguf$", "").split("[.-]")) {
            found = QUANTISATION.matcher(part).matches() ? part : found;
        }
        return found == null ? file : found;
    }

    private static String last(String file) {
        return file.substring(file.lastIndexOf('/') + 1);
    }

    private static String why(HubName name, Set<String> there, List<String> models) {
        if (models.size() > 1) {
            List<String> choices = choices(there, models);
            return models.size() + " models, expected such as " + name.file(choices.get(choices.size() - 1))
                    + ", found " + listed(choices);
        }
        List<String> pickles =
                there.stream().filter(file -> PICKLE.matcher(file).matches()).toList();
        if (!pickles.isEmpty()) {
            return "weights as " + listed(pickles) + " alone, which may run code when they are read; expected"
                    + " .safetensors, which many repositories have in a pull request (" + name.repository()
                    + "@refs/pr/1 and so on)";
        }
        return "no model that can be opened, expected config.json with model.safetensors, .gguf or model.onnx"
                + (there.isEmpty() ? "" : "; found " + listed(List.copyOf(there)));
    }

    private static String listed(List<String> files) {
        String some = HubClient.quoted(String.join(", ", files.subList(0, Math.min(files.size(), MAX_LISTED))))
                .replace("\"", "");
        return some + (files.size() > MAX_LISTED ? " and " + (files.size() - MAX_LISTED) + " more" : "");
    }
}
