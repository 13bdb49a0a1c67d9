package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.onnx.text.template.Template;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's chat template, a Jinja text that lays out a conversation, rendered as transformers renders it. Safe
 * for use from many threads. A template is a stranger's program: it can read the conversation and write text, within
 * bounds, and nothing else.
 */
public final class ChatTemplates {

    /** Characters of a template; those in use have some ten thousand. */
    private static final int MAX_TEMPLATE = 1 << 16;

    /**
     * What a template reads as today's date unless another clock is given: the day that Llama 3's own templates fall
     * back to. A prompt, and with it a score, is then the same on every day.
     */
    private static final Clock LLAMA_DAY = Clock.fixed(Instant.parse("2024-07-26T00:00:00Z"), ZoneOffset.UTC);

    private final Template template;
    private final String bosToken;
    private final String eosToken;
    private final Clock clock;

    private ChatTemplates(Template template, String bosToken, String eosToken, Clock clock) {
        this.template = template;
        this.bosToken = bosToken;
        this.eosToken = eosToken;
        this.clock = clock;
    }

    /**
     * Reads a template in which every day is 26 July 2024.
     *
     * @param template the Jinja text
     * @param bosToken the text of the beginning-of-sequence token, empty for none
     * @param eosToken the text of the end-of-sequence token, empty for none
     * @return the template
     * @throws ModelException if it is not a template
     */
    public static ChatTemplates of(String template, String bosToken, String eosToken) {
        return of(template, bosToken, eosToken, LLAMA_DAY);
    }

    /**
     * Reads a template.
     *
     * @param template the Jinja text
     * @param bosToken the text of the beginning-of-sequence token, empty for none
     * @param eosToken the text of the end-of-sequence token, empty for none
     * @param clock what the template reads as now
     * @return the template
     * @throws ModelException if it is not a template
     */
    public static ChatTemplates of(String template, String bosToken, String eosToken, Clock clock) {
        if (template.length() > MAX_TEMPLATE) {
            throw new ModelException(
                    "chat template: " + template.length() + " characters, expected at most " + MAX_TEMPLATE);
        }
        return new ChatTemplates(Template.parse(template), bosToken, eosToken, clock);
    }

    /**
     * Looks for the template of a Hugging Face folder: the file of its own goes before the entry in the configuration;
     * of several named ones it is {@code default}.
     *
     * @param chatTemplateJinja the text of chat_template.jinja, null if there is none
     * @param tokenizerConfigJson the text of tokenizer_config.json, null if there is none
     * @return the Jinja text, if there is one
     * @throws ModelException if the configuration is not JSON or names templates but no default
     */
    public static Optional<String> find(@Nullable String chatTemplateJinja, @Nullable String tokenizerConfigJson) {
        if (chatTemplateJinja != null || tokenizerConfigJson == null) {
            return Optional.ofNullable(chatTemplateJinja);
        }
        JsonNode found =
                TokenizerJson.json("tokenizer_config.json", tokenizerConfigJson).path("chat_template");
        if (found.isMissingNode() || found.isNull()) {
            return Optional.empty();
        }
        if (found.isTextual()) {
            return Optional.of(found.textValue());
        }
        List<String> names = new ArrayList<>();
        for (JsonNode named : found) {
            names.add(named.path("name").asText());
            if (names.get(names.size() - 1).equals("default")
                    && named.path("template").isTextual()) {
                return Optional.of(named.path("template").textValue());
            }
        }
        throw new ModelException(
                "tokenizer_config.json: chat_template: expected a text or one named \"default\", found "
                        + (names.isEmpty() ? found.getNodeType() : names));
    }

    /**
     * Looks for the template of a GGUF file.
     *
     * @param metadata the file's key-value pairs
     * @return the Jinja text, if there is one
     */
    public static Optional<String> findInGguf(Map<String, ?> metadata) {
        Object found = metadata.get("tokenizer.chat_template");
        if (found != null && !(found instanceof String)) {
            throw new ModelException("tokenizer.chat_template: expected a text, found "
                    + found.getClass().getSimpleName());
        }
        return Optional.ofNullable((String) found);
    }

    /**
     * {@return the conversation as text} Contents are pasted as they are: only {@link PromptEncoder} keeps the text of
     * control tokens in them apart from the template's. Templates with a switch for thinking, such as Qwen3's and SmolLM3's, find it
     * off: a reply begins where a rating is read or an instruction is written.
     *
     * @param messages the turns
     * @param addGenerationPrompt whether the head of the model's next turn follows
     * @throws ModelException if the template refuses the conversation or fails
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        List<Map<String, String>> turns = new ArrayList<>(messages.size());
        for (Message message : messages) {
            Map<String, String> turn = new LinkedHashMap<>();
            turn.put("role", message.role().key());
            turn.put("content", message.content());
            turns.add(turn);
        }
        return render(turns, addGenerationPrompt, Map.of("enable_thinking", false));
    }

    /**
     * {@return the conversation as text, as transformers renders it if it is told nothing more}
     *
     * @param turns with the keys role and content, in that order
     */
    String renderTurns(List<Map<String, String>> turns, boolean addGenerationPrompt) {
        return render(turns, addGenerationPrompt, Map.of());
    }

    private String render(List<Map<String, String>> turns, boolean addGenerationPrompt, Map<String, Object> switches) {
        Map<String, Object> variables = new HashMap<>(switches);
        variables.put("messages", turns);
        variables.put("add_generation_prompt", addGenerationPrompt);
        variables.put("bos_token", bosToken);
        variables.put("eos_token", eosToken);
        // as transformers has them where there are none
        variables.put("tools", null);
        variables.put("documents", null);
        return template.render(variables, clock);
    }
}
