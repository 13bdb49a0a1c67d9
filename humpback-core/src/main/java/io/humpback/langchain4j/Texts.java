package io.humpback.langchain4j;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.decision.request.ContentsInput;
import dev.langchain4j.model.decision.request.DecisionInput;
import dev.langchain4j.model.decision.request.FieldsInput;
import dev.langchain4j.model.decision.request.MessagesInput;
import dev.langchain4j.model.decision.request.TextInput;
import io.humpback.prompt.Fence;
import io.humpback.question.Question.Subject;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What a request is about, as named texts. What is no text is refused by its name and place. */
final class Texts {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Texts() {}

    static Subject of(DecisionInput input) {
        if (input instanceof TextInput text) {
            return new Subject(Map.of("text", text.text()));
        } else if (input instanceof ContentsInput contents) {
            return new Subject(Map.of("text", text("input", contents.contents())));
        } else if (input instanceof FieldsInput fields) {
            return new Subject(fields(fields.fields()));
        } else if (input instanceof MessagesInput messages) {
            return new Subject(messages(messages.messages()));
        }
        throw unsupported("input", input.getClass().getSimpleName(), "text, fields, messages or contents");
    }

    /** A field whose name no tag can have is called field_1, and its text begins with its name. */
    private static Map<String, String> fields(Map<String, Object> fields) {
        Map<String, String> texts = new LinkedHashMap<>();
        fields.forEach((name, value) -> {
            String text = field(name, value);
            if (Fence.isName(name)) {
                texts.put(name, text);
            } else {
                int number = 1;
                while (fields.containsKey("field_" + number) || texts.containsKey("field_" + number)) {
                    number++;
                }
                texts.put("field_" + number, name + ": " + text);
            }
        });
        return texts;
    }

    private static String field(String name, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        } else if (value instanceof Content content) {
            return text("field " + name, List.of(content));
        } else if (value instanceof Collection<?> all
                && !all.isEmpty()
                && all.stream().allMatch(Content.class::isInstance)) {
            return text("field " + name, all.stream().map(Content.class::cast).toList());
        }
        return json(value);
    }

    /** Each message is a text by itself, so that nothing in one can pretend to be another. */
    private static Map<String, String> messages(List<ChatMessage> messages) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (ChatMessage message : messages) {
            int number = texts.size() + 1;
            texts.put(author(message) + "_" + number, text("message " + number, message));
        }
        return texts;
    }

    private static String author(ChatMessage message) {
        return switch (message.type()) {
            case SYSTEM -> "system";
            case USER -> "user";
            case AI -> "assistant";
            case TOOL_EXECUTION_RESULT -> "tool";
            case CUSTOM -> "message";
        };
    }

    private static String text(String place, ChatMessage message) {
        if (message instanceof SystemMessage system) {
            return system.text();
        } else if (message instanceof UserMessage user) {
            return named(user.name(), text(place, user.contents()));
        } else if (message instanceof AiMessage assistant) {
            return text(place, assistant);
        } else if (message instanceof ToolExecutionResultMessage tool) {
            return named(tool.toolName(), text(place, tool.contents()));
        } else if (message instanceof CustomMessage custom) {
            return json(custom.attributes());
        }
        throw unsupported(place, message.getClass().getSimpleName(), "a message of LangChain4j");
    }

    /** What an assistant said, then a line for each tool that it called. */
    private static String text(String place, AiMessage message) {
        if (!message.images().isEmpty() || !message.audios().isEmpty()) {
            throw unsupported(place, message.images().isEmpty() ? "AUDIO" : "IMAGE", "text");
        }
        StringJoiner lines = new StringJoiner("\n");
        if (message.text() != null) {
            lines.add(message.text());
        }
        for (ToolExecutionRequest call : message.toolExecutionRequests()) {
            lines.add(call.name() + "(" + (call.arguments() == null ? "" : call.arguments()) + ")");
        }
        return lines.toString();
    }

    private static String named(@Nullable String name, String text) {
        return name == null ? text : name + ": " + text;
    }

    private static String text(String place, List<Content> contents) {
        StringJoiner paragraphs = new StringJoiner("\n\n");
        for (int i = 0; i < contents.size(); i++) {
            if (!(contents.get(i) instanceof TextContent content)) {
                throw unsupported(
                        place + ", content " + (i + 1), contents.get(i).type().toString(), "text");
            }
            paragraphs.add(content.text());
        }
        return paragraphs.toString();
    }

    private static String json(@Nullable Object value) {
        return JSON.valueToTree(value).toString();
    }

    private static UnsupportedFeatureException unsupported(String place, String found, String expected) {
        return new UnsupportedFeatureException(place + ": found " + found + ", expected " + expected);
    }
}
