package io.humpback.onnx.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.ModelException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {

    private static final Clock JULY = Clock.fixed(Instant.parse("2024-07-26T00:00:00Z"), ZoneOffset.UTC);

    private static final List<Map<String, String>> MESSAGES = List.of(
            turn("system", "Sys tem"),
            turn("user", "Hello World"),
            turn("assistant", "An answer"),
            turn("user", "Again"));

    /**
     * Snippets with what transformers 5.24 and Jinja2 3.1.6 make of them, computed there; those without an {@code e} are
     * refused there, and have to be here.
     */
    @Test
    void snippetsRenderAsInTransformers() throws IOException {
        List<String> differing = new ArrayList<>();
        int rows = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                TemplateTest.class.getResourceAsStream("jinja2-snippets.jsonl"), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; rows++) {
                JsonNode row = new ObjectMapper().readTree(line);
                String template = row.get("t").textValue();
                String expected = row.path("e").textValue();
                String found = null;
                try {
                    found = render(template);
                } catch (ModelException e) {
                    assertTrue(e.getMessage().startsWith("chat template: "), e.getMessage());
                    assertEquals(1, e.getMessage().lines().count());
                }
                if (expected == null ? found != null : !expected.equals(found)) {
                    differing.add(template + "\n expected " + expected + "\n found    " + found);
                }
            }
        }
        assertEquals(List.of(), differing);
        assertTrue(rows > 1_000, rows + " rows");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Jinja2 renders these three; no chat template has them
                "{% autoescape true %}<{% endautoescape %}",
                "{{ (-8) ** 0.5 }}",
                "{{ {'a': 1}[1:] }}",
                "{{ 'a'|xmlattr }}",
                "{{ 'a'|pprint }}",
                "{{ [1]|random }}",
                "{{ 'a'.encode() }}",
            })
    void whatIsNotThereIsRefused(String template) {
        assertThrows(ModelException.class, () -> render(template));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ a.b }} # line 1: 'a' is undefined",
                "{{ messages[0].name.x }} # line 1: 'dict object' has no attribute 'name'",
                "{{ messages[7].x }} # line 1: 'list object' has no element 7",
                "{{ 'a' + 1 }} # line 1: cannot compute str + int",
                "{% if a %} # line 1: unexpected end of template, expected elif or else or endif",
                "{{ 'a'|nope }} # line 1: no filter named 'nope'",
                "{% nope %} # line 1: unknown tag 'nope'",
                "{{ messages.append(1) }} # line 1: access to attribute 'append' of 'list' object is unsafe",
                "{{ raise_exception('no') }} # refuses the conversation: no",
            })
    void aReasonIsOneLineWithItsPlace(String template, String reason) {
        assertEquals("chat template: " + reason, failure(template));
    }

    @Test
    void theLineAtFaultIsNamed() {
        assertEquals("chat template: line 3: 'x' is undefined", failure("a\n{% if true %}\n{{ x.y }}{% endif %}\n"));
        assertEquals("chat template: line 2: expected 'in', found '1'", failure("a\n{% for i 1 %}\nb{% endfor %}\nc"));
        assertEquals("chat template: line 3: a text without an end", failure("a\n\n{{ 'x }}\n"));
        assertEquals(
                "chat template: refuses the conversation: " + "x".repeat(274) + "...",
                failure("{{ raise_exception('" + "x".repeat(5_000) + "\\ny') }}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ range(10**9) }} # a range of more than 100000 numbers",
                "{{ 'x' * 10**9 }} # a text of more than 4194304 characters",
                "{{ [0] * 10**9 }} # a list of more than 1000000 items",
                "{{ 2 ** (10**9) }} # a number of more than 16384 bits",
                "{{ 'x'.center(10**9) }} # a text of more than 4194304 characters",
                "{{ 'x'|indent(10**9) }} # a text of more than 4194304 characters",
                "{{ ('\u0390' * 4000000).upper()|length }} # a text of more than 4194304 characters",
                "{{ ('\u0390 ' * 2000000)|title|length }} # a text of more than 4194304 characters",
                "{{ '%999999999d' % 1 }} # a format of more than 10000 characters",
                "{{ '{:{}}'.format(1, 10**9) }} # a format of more than 10000 characters",
                "{{ [1]|batch(10**9, 0)|list }} # a list of more than 1000000 items",
                "{% for i in range(10**5) %}{% for j in range(10**5) %}{% endfor %}{% endfor %} # takes too long: more than"
                        + " 2000000 steps",
                "{% for i in range(10**5) %}{{ 'x' * 999 }}{% endfor %} # writes more than 4194304 characters",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }} # more than 150 macros, loops or values within each other",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %} # more than 150 macros, loops or values within each"
                        + " other",
                "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(99) }} # takes too long: more"
                        + " than 2000000 steps",
                "{% set s = 'a' * 10**6 %}{% for i in range(10**4) %}{{ s ~ 'b' in s ~ s }}{% endfor %} # takes too long: more"
                        + " than 2000000 steps",
                "{% set s = 'a' * 10**6 %}{% for i in range(10**4) %}{{ s.replace('a' * 999 ~ 'b', '') }}{% endfor %} # takes"
                        + " too long: more than 2000000 steps",
                "{% set s = 'a' * 10**6 %}{{ ([s] * 10**4)|sort|length }} # takes too long: more than 2000000 steps",
                "{{ ('a' * 4000000).strip('b' * 4000000 ~ 'a') }} # takes too long: more than 2000000 steps",
                "{{ ('a' * 4000000)|trim('b' * 4000000 ~ 'a') }} # takes too long: more than 2000000 steps",
                "{{ ('a' * 4000000).startswith(('a' * 3999999 ~ 'b',) * 1000000) }} # takes too long: more than 2000000 steps",
                "{% set d = dict.fromkeys(range(100000)) %}{% for i in range(100000) %}{% set y = d|items %}{% endfor %} # takes"
                        + " too long: more than 2000000 steps",
                "{{ '%c' % -1 }} # Not a valid Unicode code point: 0xFFFFFFFF",
            })
    void whatRunsAwayIsStopped(String template, String reason) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> assertEquals("chat template: line 1: " + reason, failure(template)));
    }

    @Test
    void aMethodIsNoKeyThatIsLookedInto() {
        String nested =
                "{% set ns = namespace(x=[]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            assertEquals("1", render(nested + "{{ {ns.x.copy: 1}|length }}"));
        });
    }

    @Test
    void aFieldThatIsNarrowerThanItsTextIsTheText() {
        assertEquals("ab", render("{{ 'ab'.ljust(-2147483647) }}"));
        assertEquals("-5", render("{{ '-5'.zfill(-2147483647) }}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ns.l }}",
                "{{ ns.l|tojson }}",
                "{{ ns.l == ns.k }}",
                "{{ {ns.l: 1} }}",
                "{{ [ns.l, ns.k]|sort }}"
            })
    void valuesThatGrowByThemselvesAreStopped(String use) {
        for (String step : new String[] {"(ns.l,)", "(ns.l, ns.l)", "[ns.l]", "[ns.l, ns.l]"}) {
            String grown = "{% set ns = namespace(l=(1,), k=(1,)) %}{% for i in range(900) %}{% set ns.l = " + step
                    + " %}{% set ns.k = " + step.replace("ns.l", "ns.k") + " %}{% endfor %}";
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> failure(grown + use), step);
        }
        failure("{% set ns = namespace(l=1, k=2) %}{% set ns.l = (ns, [ns]) %}{{ ns.l }}");
    }

    @Test
    void whatIsWrittenWithinItselfIsStopped() {
        for (String template : new String[] {
            "{{ " + "(".repeat(30_000) + "1" + ")".repeat(30_000) + " }}",
            "{{ " + "[".repeat(30_000) + "]".repeat(30_000) + " }}",
            "{{ " + "-".repeat(60_000) + "1 }}",
            "{{ " + "not ".repeat(15_000) + "1 }}",
            "{{ 1" + " + 1".repeat(15_000) + " }}",
            "{{ 1" + "|abs".repeat(15_000) + " }}",
            "{{ x" + ".a".repeat(30_000) + " }}",
            "{{ 1" + " if 1 else 1".repeat(5_000) + " }}",
            "{% if 1 %}".repeat(6_000),
            "{% if 0 %}" + "{% elif 0 %}".repeat(5_000) + "{% endif %}",
            "{% for a in [1] %}".repeat(3_000) + "{% endfor %}".repeat(3_000),
            "{{ 1" + "0".repeat(60_000) + " }}",
            "{{ '{0" + "[0]".repeat(20_000) + "}'.format(1) }}",
            "{#" + "-".repeat(60_000),
            "{% raw %}" + "{% endraw".repeat(6_000),
        }) {
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> failure(template), template.substring(0, 20));
        }
    }

    @Test
    void formatsReachNoFurtherThanTemplates() {
        assertEquals("", render("{{ '{0.__class__}'.format('x') }}"));
        assertEquals("", render("{{ '{0.getClass}{0.length}'.format('x') }}"));
        failure("{{ '{0.__class__.__mro__}'.format('x') }}");
        failure("{{ '{0.__class__.__init__.__globals__}'.format(namespace) }}");
        failure("{{ '{0.append}'.format(messages)() }}");
    }

    /** What a conversation says comes out as it went in, and none of it is read as a template. */
    @Property(tries = 500)
    void textIsData(@ForAll String text) {
        Map<String, Object> variables = Map.of("messages", List.of(turn("user", text)));
        assertEquals(text, Template.parse("{{ messages[0].content }}").render(variables, JULY));
        assertEquals(
                "<" + text + ">" + text,
                Template.parse("{% for m in messages %}{{ '<' + m['content'] + '>' ~ m.content }}{% endfor %}")
                        .render(variables, JULY));
    }

    private static Map<String, String> turn(String role, String content) {
        Map<String, String> turn = new LinkedHashMap<>();
        turn.put("role", role);
        turn.put("content", content);
        return turn;
    }

    private static String render(String template) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("messages", MESSAGES);
        variables.put("add_generation_prompt", true);
        variables.put("bos_token", "<s>");
        variables.put("eos_token", "</s>");
        variables.put("tools", null);
        variables.put("documents", null);
        return Template.parse(template).render(variables, JULY);
    }

    private static String failure(String template) {
        String message =
                assertThrows(ModelException.class, () -> render(template)).getMessage();
        assertTrue(message.startsWith("chat template: "), message);
        assertEquals(1, message.lines().count());
        return message;
    }
}
