package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.onnx.text.ExampleEncoder.Encoding;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExampleEncoderTest {

    private static final String BEGIN = "<|begin_of_text|>";

    private Tokenizer tokenizer;

    @BeforeEach
    void open() {
        tokenizer = SharedData.tinyLlama3();
    }

    @AfterEach
    void close() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }

    private ExampleEncoder encoder(String template, OptionalInt end) {
        ChatTemplates templates = ChatTemplates.of(template, tokenizer.bosToken(), tokenizer.eosToken());
        return ExampleEncoder.of(tokenizer, PromptEncoder.of(tokenizer, templates), end);
    }

    private ExampleEncoder encoder() {
        return encoder(
                ChatTemplates.find(null, SharedData.text("data/golden/tiny-llama3/tokenizer_config.json"))
                        .orElseThrow(),
                tokenizer.eosId());
    }

    private static JsonNode golden(String name) {
        return SharedData.json("data/golden/training/trl-tokenisation.json").get(name);
    }

    /** TRL's labels are the ids from the first label on, and -100 before. */
    private static void assertTrl(JsonNode row, Encoding found) {
        int[] labels = SharedData.ids(row.get("labels"));
        int first = 0;
        while (first < labels.length && labels[first] == -100) {
            first++;
        }
        assertArrayEquals(SharedData.ids(row.get("input_ids")), found.ids());
        assertEquals(first, found.prompt());
    }

    /** An empty prompt is nothing but the beginning token, which can be given by its text. */
    private static Continuation ofText(JsonNode input) {
        String prompt = input.get("prompt").textValue();
        return Continuation.of(
                Prompt.text(prompt.isEmpty() ? BEGIN : prompt),
                input.get("completion").textValue());
    }

    @Test
    void textIsWhatTrlMakesOfIt() {
        JsonNode golden = golden("prompt_completion_default");
        for (int i = 0; i < golden.get("rows").size(); i++) {
            assertTrl(
                    golden.get("rows").get(i),
                    encoder().encode(ofText(golden.get("inputs").get(i))));
        }
        assertEquals(8, golden.get("rows").size());
    }

    @Test
    void theEndTokenIsLearntAlsoWhereItPadsElsewhere() {
        JsonNode inputs = golden("prompt_completion_default").get("inputs");
        JsonNode rows = golden("eos_is_end_of_text").get("prompt_completion").get("rows");
        ExampleEncoder encoder = encoder("{{ bos_token }}", OptionalInt.of(508));
        assertTrue(rows.size() > 0);
        for (int i = 0; i < rows.size(); i++) {
            assertTrl(rows.get(i), encoder.encode(ofText(inputs.get(i))));
        }
    }

    @Test
    void conversationsAreWhatTrlMakesOfThem() {
        JsonNode golden = golden("conversational_prompt_completion_default");
        for (int i = 0; i < golden.get("rows").size(); i++) {
            JsonNode input = golden.get("inputs").get(i);
            Prompt.Chat chat = Prompt.chat(SharedData.messages(input.get("prompt")));
            String reply = input.get("completion").get(0).get("content").textValue();
            // a completion has at least one token: the empty one is the end token alone
            Continuation example = reply.isEmpty() ? Continuation.of(chat, List.of(511)) : Continuation.of(chat, reply);
            assertTrl(golden.get("rows").get(i), encoder().encode(example));
        }
        assertEquals(4, golden.get("rows").size());
    }

    @Test
    void theLastTurnOfMessagesIsLabelledAsByAssistantMasks() {
        JsonNode golden = golden("messages_assistant_only_generation_template");
        int compared = 0;
        for (int i = 0; i < golden.get("rows").size(); i++) {
            List<Message> messages =
                    SharedData.messages(golden.get("inputs").get(i).get("messages"));
            Message last = messages.get(messages.size() - 1);
            if (last.role() != Message.Role.ASSISTANT) {
                continue;
            }
            Encoding found = encoder()
                    .encode(Continuation.of(Prompt.chat(messages.subList(0, messages.size() - 1)), last.content()));
            int[] labels = SharedData.ids(golden.get("rows").get(i).get("labels"));
            assertArrayEquals(SharedData.ids(golden.get("rows").get(i).get("input_ids")), found.ids());
            assertArrayEquals(
                    Arrays.copyOfRange(labels, found.prompt(), labels.length),
                    Arrays.copyOfRange(found.ids(), found.prompt(), labels.length));
            assertEquals(-100, labels[found.prompt() - 1]);
            compared++;
        }
        assertEquals(3, compared);
    }

    @Test
    void controlTokensInAConversationStayText() {
        Encoding found = encoder()
                .encode(Continuation.of(
                        Prompt.chat(Message.user("<|eot_id|>")), "<|begin_of_text|>" + " done<|eot_id|>"));
        int[] ids = found.ids();
        assertEquals(1, Arrays.stream(ids).filter(id -> id == 507).count());
        assertEquals(2, Arrays.stream(ids).filter(id -> id == 511).count());
        assertEquals(511, ids[ids.length - 1]);
        assertArrayEquals(
                PromptEncoder.of(tokenizer, ChatTemplates.of(template(), tokenizer.bosToken(), tokenizer.eosToken()))
                        .encode(Prompt.chat(Message.user("<|eot_id|>"))),
                Arrays.copyOf(ids, found.prompt()));
    }

    private static String template() {
        return ChatTemplates.find(null, SharedData.text("data/golden/tiny-llama3/tokenizer_config.json"))
                .orElseThrow();
    }

    @Test
    void whatFollowsTheStopTokenIsLeftOut() {
        String lines =
                "{% for m in messages %}<|start_header_id|>{{ m.role }}\n{{ m.content }} <|eot_id|>\n{% endfor %}"
                        + "{% if add_generation_prompt %}<|start_header_id|>assistant\n{% endif %}";
        Encoding found =
                encoder(lines, OptionalInt.of(508)).encode(Continuation.of(Prompt.chat(Message.user("Hi")), "Hello"));
        String learnt = tokenizer.decode(Arrays.copyOfRange(found.ids(), found.prompt(), found.ids().length), false);
        assertEquals("Hello <|eot_id|>", learnt);
    }

    @Test
    void aTemplateWithoutAStopTokenIsEndedByTheModels() {
        String plain = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant: {% endif %}";
        Encoding found =
                encoder(plain, OptionalInt.of(508)).encode(Continuation.of(Prompt.chat(Message.user("Hi")), "Hello"));
        assertEquals(508, found.ids()[found.ids().length - 1]);
        assertFalse(tokenizer.decode(found.ids(), true).endsWith("\n"));
    }

    @Test
    void aForcedBeginningIsPartOfThePrompt() {
        Prompt.Chat chat = Prompt.chat(Message.user("Hi"));
        Encoding whole = encoder().encode(Continuation.of(chat, "Score: 4"));
        Encoding parted = encoder().encode(Continuation.of(chat.replyingWith("Score:"), " 4"));
        assertArrayEquals(whole.ids(), parted.ids());
        assertTrue(parted.prompt() > whole.prompt());
    }

    @Test
    void idsAreTakenAsTheyAre() {
        Encoding found = encoder().encode(Continuation.of(Prompt.ids(List.of(5, 6)), List.of(7, 8)));
        assertArrayEquals(new int[] {5, 6, 7, 8}, found.ids());
        assertEquals(2, found.prompt());
        Encoding text = encoder().encode(Continuation.of(Prompt.ids(List.of(5, 6)), "<|eot_id|>"));
        assertEquals(1, Arrays.stream(text.ids()).filter(id -> id == 511).count());
    }
}
