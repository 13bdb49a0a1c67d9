package io.humpback.examples.cli.option;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.humpback.Rubric;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.internal.ContentId;
import io.humpback.internal.JsonFields;
import io.humpback.prompt.Fence;
import io.humpback.question.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Questions in a file, JSON if its name ends in .json, else YAML: a list of them, or an object with {@code questions} and
 * {@code fields}.
 *
 * <pre>
 *   fields: [context]                       # columns that are shown as well; left out where there are none
 *   questions:
 *     - name: polite                        # yes or no
 *       ask: Is the response polite?
 *     - name: kind
 *       ask: What is the response?
 *       options: [an answer, an advertisement]      # or their meanings, {advertisement: it sells something, ...}
 *     - name: use
 *       ask: How useful is the response?
 *       from: 1
 *       to: 10
 *       levels: {1: not at all, 10: it solves the problem}
 *     - rubric: standard                    # the rating from 1 to 5; or purpose, steps
 * </pre>
 *
 * @param fields columns that the model sees beside instruction and response
 * @param questions what is asked
 */
public record QuestionFile(List<String> fields, List<Question> questions) {

    private static final List<String> KEYS = List.of("fields", "questions");
    private static final List<String> OF_RUBRIC = List.of("rubric");
    private static final List<String> OF_CHOICE = List.of("name", "ask", "options");
    private static final List<String> OF_SCALE = List.of("name", "ask", "from", "to", "levels");
    private static final List<String> OF_ANY = List.of("name", "ask", "options", "from", "to", "levels", "rubric");

    /** Columns that rows have, or get, anyway. */
    private static final Set<String> TAKEN = Set.of("instruction", "response", "judge");

    /** Copies the lists. */
    public QuestionFile {
        fields = List.copyOf(fields);
        questions = List.copyOf(questions);
    }

    /**
     * {@return what a file holds}
     *
     * @throws DataException if something in it is not as it should be; the message names the file and the question
     */
    public static QuestionFile read(Path file) throws IOException {
        String text = Files.readString(file);
        try {
            JsonNode root = mapper(file).readTree(text);
            if (root.isObject()) {
                requireKeys(root, KEYS);
            }
            return new QuestionFile(
                    root.isArray() ? List.of() : fields(root.path("fields")),
                    questions(root.isArray() ? root : root.path("questions")));
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            String fault = e.getOriginalMessage()
                    .lines()
                    .filter(words -> !words.startsWith(" ")) // the text itself, and where in it
                    .collect(Collectors.joining(": "));
            throw new DataException(Rejection.oneLine(file + ": line " + line + ": " + fault));
        } catch (IllegalArgumentException e) {
            throw new DataException(Rejection.oneLine(file + ": " + e.getMessage()));
        }
    }

    private static ObjectMapper mapper(Path file) {
        return file.toString().endsWith(".json")
                ? JsonMapper.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .build()
                : YAMLMapper.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build();
    }

    private static List<String> fields(JsonNode node) {
        List<String> fields = new ArrayList<>();
        if (!node.isMissingNode() && !node.isArray()) {
            throw new IllegalArgumentException("fields: " + JsonFields.found(node) + ", expected a list of columns");
        }
        for (JsonNode field : node) {
            String name = field.asText();
            if (!Fence.isName(name) || TAKEN.contains(name) || fields.contains(name)) {
                throw new IllegalArgumentException("fields: " + JsonFields.found(field)
                        + ", expected other columns than instruction and response, of lower-case letters, digits and _,"
                        + " each once");
            }
            fields.add(name);
        }
        return fields;
    }

    private static List<Question> questions(JsonNode list) {
        if (!list.isArray() || list.isEmpty()) {
            throw new IllegalArgumentException("questions: " + JsonFields.found(list.isMissingNode() ? null : list)
                    + ", expected a list of questions");
        }
        List<Question> questions = new ArrayList<>();
        Set<String> names = new HashSet<>(TAKEN);
        for (JsonNode node : list) {
            int number = questions.size() + 1;
            try {
                Question question = question(node);
                if (!names.add(question.name())) {
                    throw new IllegalArgumentException(
                            "name: found " + question.name() + ", expected one that no other question or column has");
                }
                questions.add(question);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("question " + number + ": " + e.getMessage(), e);
            }
        }
        return questions;
    }

    private static Question question(JsonNode node) {
        if (!node.isObject()) {
            throw new IllegalArgumentException(JsonFields.found(node) + ", expected an object with name and ask");
        }
        requireKeys(node, OF_ANY);
        if (node.has("rubric")) {
            requireKeys(node, OF_RUBRIC);
            return Question.of(rubric(JsonFields.text(node, "rubric")));
        }
        String name = JsonFields.text(node, "name").strip();
        String ask = JsonFields.text(node, "ask").strip();
        if (node.has("options")) {
            requireKeys(node, OF_CHOICE);
            return Question.choice(name, ask, options(node.get("options")));
        } else if (node.has("from") || node.has("to") || node.has("levels")) {
            requireKeys(node, OF_SCALE);
            return new Question.Scale(name, ask, number(node, "from"), number(node, "to"), levels(node.path("levels")));
        }
        return Question.yesNo(name, ask);
    }

    private static Rubric rubric(String name) {
        return Rubric.paraphrases().stream()
                .filter(rubric -> rubric.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("rubric: found " + name + ", expected one of "
                        + Rubric.paraphrases().stream().map(Rubric::name).toList()));
    }

    /** {@return the meanings of options, empty texts where they are a list of names} */
    private static Map<String, String> options(JsonNode node) {
        Map<String, String> meanings = new LinkedHashMap<>();
        if (node.isObject()) {
            node.properties().forEach(option -> meanings.put(option.getKey(), scalar("options", option.getValue())));
        } else {
            for (JsonNode option : node) {
                if (meanings.put(scalar("options", option), "") != null) {
                    throw new IllegalArgumentException("options: " + JsonFields.found(option) + " twice");
                }
            }
        }
        return meanings;
    }

    private static Map<Integer, String> levels(JsonNode node) {
        if (!node.isMissingNode() && !node.isObject()) {
            throw new IllegalArgumentException(
                    "levels: " + JsonFields.found(node) + ", expected words by level, such as {1: bad, 5: good}");
        }
        Map<Integer, String> levels = new LinkedHashMap<>();
        node.properties().forEach(level -> {
            if (!level.getKey().matches("-?\\d{1,9}")) {
                throw new IllegalArgumentException("levels: found " + level.getKey() + ", expected a whole number");
            }
            levels.put(Integer.parseInt(level.getKey()), scalar("levels", level.getValue()));
        });
        return levels;
    }

    /** {@return a text, also where YAML takes it for a number or a truth value} */
    private static String scalar(String key, JsonNode value) {
        if (!value.isValueNode() || value.isNull()) {
            throw new IllegalArgumentException(key + ": " + JsonFields.found(value) + ", expected a text");
        }
        return value.asText();
    }

    private static int number(JsonNode node, String key) {
        JsonNode value = node.get(key);
        if (value == null || !value.isInt()) {
            throw new IllegalArgumentException(key + ": " + JsonFields.found(value) + ", expected a whole number");
        }
        return value.intValue();
    }

    private static void requireKeys(JsonNode node, List<String> known) {
        node.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw new IllegalArgumentException("found the key " + key + ", expected " + String.join(", ", known));
            }
        });
    }

    /** {@return an id of all that is asked: other questions have another one} */
    public String id() {
        return ContentId.of(fields.toString(), questions.toString());
    }
}
