package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplatesTest {

    private static final List<Message> HI = List.of(Message.user("Hi"));

    @Test
    void sevenFamiliesRenderAsInTransformers() {
        JsonNode golden = SharedData.json("data/golden/chat-templates.json");
        int refused = 0;
        for (JsonNode row : golden.get("renderings")) {
            String family = row.get("template").textValue();
            String bos = family.equals("llama2_like") || family.equals("zephyr_like") ? "<s>" : "<|begin_of_text|>";
            ChatTemplates template =
                    ChatTemplates.of(golden.get("templates").get(family).textValue(), bos, "</s>");
            List<Message> messages = SharedData.messages(row.get("messages"));
            boolean open = row.get("add_generation_prompt").booleanValue();
            if (row.has("error")) {
                String reason = row.get("error").textValue().replaceFirst("^TemplateError: ", "");
                assertEquals(
                        "chat template: refuses the conversation: " + reason,
                        assertThrows(ModelException.class, () -> template.render(messages, open))
                                .getMessage());
                refused++;
            } else {
                assertEquals(row.get("text").textValue(), template.render(messages, open), family + " " + messages);
            }
        }
        assertEquals(84, golden.get("renderings").size());
        assertEquals(2, refused);
    }

    /** Templates that are common on the hub and differed before. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "and-returns-boolean",
                "for-if-else",
                "literals",
                "lstrip-inside-line",
                "map-order-random",
                "slices-and-indexing",
                "string-methods"
            })
    void casesRenderAsInTransformers(String name) {
        for (JsonNode row : SharedData.json("cases/template-" + name + "/templates.json")) {
            ChatTemplates template = ChatTemplates.of(
                    row.get("template").textValue(),
                    row.get("bos").textValue(),
                    row.get("eos").textValue());
            assertEquals(
                    row.get("expected_jinja2").textValue(),
                    template.render(
                            SharedData.messages(row.get("messages")),
                            row.get("gen").booleanValue()),
                    row.get("name").textValue());
        }
    }

    @Test
    void theTemplateOfAGgufRendersAsInTransformers() {
        Map<String, Object> metadata = SharedData.gguf("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        ChatTemplates template =
                ChatTemplates.of(ChatTemplates.findInGguf(metadata).orElseThrow(), "<|im_start|>", "<|im_end|>");
        JsonNode golden = SharedData.json("data/golden/smollm2/chat-template.json");
        assertEquals(20, golden.get("renderings").size());
        for (JsonNode row : golden.get("renderings")) {
            assertEquals(
                    row.get("text").textValue(),
                    template.renderTurns(
                            SharedData.turns(row.get("messages")),
                            row.get("add_generation_prompt").booleanValue()));
        }
    }

    @Test
    void textThatLooksLikeATemplateStaysText() {
        for (String text : new String[] {
            "{{ 7*7 }}",
            "{% for x in range(9) %}x{% endfor %}",
            "{# gone #}",
            "{{",
            "%}",
            "{% raw %}",
            "a\\nb\\\\",
            "'\"",
            "{{ messages }}",
            "{% generation %}",
            "#{7*7}",
            "${7*7}"
        }) {
            assertEquals(
                    "<user>" + text + "\n" + text,
                    render(
                            "<{{ messages[0].role }}>{{ messages[0].content + '\\n' + messages[0]['content'] }}",
                            List.of(Message.user(text))));
        }
    }

    @Test
    void theDayIsFixedUnlessAClockIsGiven() {
        String template = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}never{% endif %}";
        assertEquals("26 Jul 2024", render(template, HI));
        Clock clock = Clock.fixed(Instant.parse("2031-02-03T04:05:06Z"), ZoneOffset.UTC);
        assertEquals("03 Feb 2031", ChatTemplates.of(template, "", "", clock).render(HI, true));
    }

    @Test
    void textMethodsAreThoseOfPython() {
        assertEquals(
                "a|b |  b|True|B",
                render(
                        "{{ ' a '.strip() }}|{{ ' b '.lstrip() }}|{{ '  b '.rstrip() }}|{{ 'abc'.startswith('ab') }}|{{ 'b'.upper() }}",
                        HI));
        assertEquals("c", render("{{ 'a.b.c'.split('.')[-1] }}", HI));
        assertEquals(
                "x\u200by",
                render("{{ messages[0].content | trim }}", List.of(Message.user("\u00a0\u2003x\u200by\u3000\u0085"))));
        assertEquals("\u0001", render("{{ messages[0].content | trim }}", List.of(Message.user(" \u0001 "))));
        assertEquals(
                "{\"a\": [1, \"\\u0001é\\n\"], \"b\": {}}",
                render("{{ {'a': [1, messages[0].content], 'b': {} } | tojson }}", List.of(Message.user("\u0001é\n"))));
    }

    @Test
    void equalityIsThatOfPython() {
        assertEquals(
                "01236789",
                render(
                        "{% if '' != false %}0{% endif %}{% if not '' == false %}1{% endif %}{% if '1' != 1 %}2{% endif %}"
                                + "{% if 1 == 1.0 %}3{% endif %}{% if none == false %}4{% endif %}{% if '' == none %}5{% endif %}"
                                + "{% if [1] == [1] %}6{% endif %}{% if 'a' == 'a' %}7{% endif %}"
                                + "{% if not 'a' == 'b' and not x is defined %}8{% endif %}{% if 'a' not in 'b' and not not true %}9{% endif %}",
                        HI));
    }

    @Test
    void generationMarksAreTransparent() {
        assertEquals("aHib", render("a{% generation %}{{ messages[0].content }}{% endgeneration %}b", HI));
    }

    @Test
    void lineEndsAndTheLastOneAreReadAsJinjaDoes() {
        assertEquals("a\nb\nHi", render("a\r\nb\r{{ messages[0].content }}\n", HI));
    }

    @Test
    void aTemplateReachesNoJava() {
        for (String template : new String[] {
            "{{ ''.getClass() }}",
            "{{ messages.getClass() }}",
            "{{ messages[0].getClass() }}",
            "{{ ''.repeat(9) }}",
            "{{ messages.add(1) }}",
            "{{ messages[0].put('a', 1) }}",
            "{{ ''.__class__.__mro__() }}",
            "{% include 'pom.xml' %}",
            "{% import 'a' as b %}",
            "{% from 'a' import b %}",
            "{% extends 'a' %}",
            "{{ '{{ 7*7 }}'|render }}",
            "{{ 'a'|log }}",
            "{{ '[1]'|fromjson }}",
            "{{ today() }}",
            "{{ unixtimestamp() }}",
            "{{ type(1) }}",
            "{{ loop.getClass() }}",
            "{{ messages[0].content.length() }}",
            "{{ range.getClass() }}",
            "{% for m in messages %}{{ loop.getClass() }}{% endfor %}",
            "{% for m in messages %}{{ loop.next() }}{% endfor %}",
        }) {
            ModelException e = assertThrows(ModelException.class, () -> render(template, HI), template);
            assertTrue(e.getMessage().startsWith("chat template: "), e.getMessage());
            assertEquals(1, e.getMessage().lines().count());
        }
        for (String nothing : new String[] {
            "{{ messages[0].class }}",
            "{{ ''['class'] }}",
            "{{ messages.class }}",
            "{{ ''.bytes }}",
            "{{ ''.__class__ }}",
            "{% for m in messages %}{{ loop.class }}{% endfor %}",
        }) {
            assertEquals("", render(nothing, HI), nothing);
        }
    }

    @Test
    void aTemplateThatRunsAwayIsStopped() {
        String twelve = "{% for a in range(9999) %}".repeat(12) + "x" + "{% endfor %}".repeat(12);
        String empty = "{% for a in range(9999) %}".repeat(3) + "{% endfor %}".repeat(3);
        String macros = "{% macro m0() %}x{% endmacro %}";
        for (int i = 1; i < 40; i++) {
            macros += "{% macro m" + i + "() %}{{ m" + (i - 1) + "() }}{{ m" + (i - 1) + "() }}{% endmacro %}";
        }
        String grow = "{% set ns = namespace(s='abcdefgh', l=[1]) %}{% for a in range(60) %}";
        for (String template : new String[] {
            twelve,
            empty,
            macros + "{{ m39() }}",
            grow + "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
            grow + "{% set ns.s = ns.s + ns.s %}{% endfor %}",
            grow + "{% set ns.s = ns.s.replace('', ns.s) %}{% endfor %}",
            grow + "{% set ns.s = ns.s | replace('a', ns.s) %}{% endfor %}",
            grow + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l ~ '' }}",
            grow + "{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l }}",
            "{{ range(100000000) | join }}",
            "{% for i in range(1999) %}" + "x".repeat(3000) + "{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "(".repeat(9) + "{{ " + "(".repeat(20000) + "1" + ")".repeat(20000) + " }}",
            "{% if 1 %}".repeat(6000),
        }) {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                ModelException e = assertThrows(
                        ModelException.class,
                        () -> render(template, HI),
                        template.length() > 300 ? template.substring(0, 300) : template);
                assertTrue(e.getMessage().startsWith("chat template: "), e.getMessage());
            });
        }
    }

    @Test
    void aBrokenTemplateIsRefused() {
        for (String template : new String[] {
            "{% for %}",
            "{{ 1 + }}",
            "{% if x %}",
            "{% endfor %}",
            "{% nonsense %}",
            "{{ messages | nonsense }}",
            "{{ nonsense() }}",
            "{{ x",
            "a".repeat(70_000)
        }) {
            assertThrows(ModelException.class, () -> render(template, HI), template);
        }
    }

    @Test
    void theTemplateIsFoundWhereItLies() {
        assertEquals(Optional.of("own"), ChatTemplates.find("own", "{\"chat_template\": \"config\"}"));
        assertEquals(Optional.of("config"), ChatTemplates.find(null, "{\"chat_template\": \"config\"}"));
        assertEquals(
                Optional.of("b"),
                ChatTemplates.find(
                        null,
                        "{\"chat_template\": [{\"name\": \"tool\", \"template\": \"a\"}, {\"name\": \"default\", \"template\": \"b\"}]}"));
        assertEquals(Optional.empty(), ChatTemplates.find(null, "{\"chat_template\": null}"));
        assertEquals(Optional.empty(), ChatTemplates.find(null, null));
        assertEquals(
                "tokenizer_config.json: chat_template: expected a text or one named \"default\", found [tool]",
                assertThrows(
                                ModelException.class,
                                () -> ChatTemplates.find(
                                        null, "{\"chat_template\": [{\"name\": \"tool\", \"template\": \"a\"}]}"))
                        .getMessage());
        assertThrows(ModelException.class, () -> ChatTemplates.find(null, "{\"chat_template\": 7}"));
        assertEquals(Optional.empty(), ChatTemplates.findInGguf(Map.of()));
        assertThrows(ModelException.class, () -> ChatTemplates.findInGguf(Map.of("tokenizer.chat_template", 7)));
    }

    private static String render(String template, List<Message> messages) {
        return ChatTemplates.of(template, "<s>", "</s>").render(messages, true);
    }

    @Test
    void thinkingIsSwitchedOffWhereATemplateHasTheSwitch() {
        String qwen3 = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
                + "{% if add_generation_prompt %}<|im_start|>assistant\n"
                + "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}";
        ChatTemplates templates = ChatTemplates.of(qwen3, "", "");
        assertEquals(
                "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
                templates.render(List.of(Message.user("Hi")), true));
        String smolLm3 = "{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
                + "{{ '/think' if enable_thinking else '/no_think' }}";
        assertEquals("/no_think", ChatTemplates.of(smolLm3, "", "").render(List.of(Message.user("Hi")), true));
        assertEquals(
                "/think",
                ChatTemplates.of(smolLm3, "", "").renderTurns(List.of(Map.of("role", "user", "content", "Hi")), true));
    }
}
