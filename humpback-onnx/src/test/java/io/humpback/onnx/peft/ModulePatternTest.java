package io.humpback.onnx.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModulePatternTest {

    private static final String NAME = "model.layers.12.self_attn.q_proj";

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".*\\.layers\\.\\d+\\.(self_attn|mlp)\\.(q|k|v)_proj",
                "model\\.layers\\.(1[0-9]|2[0-3])\\..*q_proj",
                "(?:.*?(?:vision|text).*?)|(?:\\bmodel\\.layers\\.[\\d]{1,}\\.(?:self_attn|mlp)\\.(?:(?:q_proj)))",
                "model.layers.12",
                "^model.*$",
                "[^.]+(\\.[a-z_0-9]+){4}",
                "[^.]+(\\.[a-z_0-9]+){5,}",
                "(\\w|\\.)*?q_proj",
                "[]m]odel.*",
                "",
                "^(?!.*vision).*\\.(q|k)_proj",
                "^(model)(?!.*(lm_head|output|emb|wte|shared)).*",
                "^(model)(?=\\.layers).*",
                "(?:(?!mlp).)*_proj",
                "(?:(?!attn).)*_proj",
                ".*(?<!vision)\\.layers.*",
                ".*(?<=self_attn\\.)q_proj$",
                ".*(?<=mlp\\.)q_proj$",
                "^(?!model\\.visual)(?=.*proj$)model\\.(?!.*\\b1\\b).*",
                "(?!)x|(?=model)(?!.*gate).*[qk]_proj",
                "model(?:\\.(?!mlp)[a-z0-9_]+)+",
                "(?:(?=[a-z.])[^q])*q_proj"
            })
    void matchesAsTheJdkDoes(String expression) {
        assertEquals(Pattern.matches(expression, NAME), ModulePattern.matches(expression, NAME));
    }

    @Provide
    Arbitrary<String> expressions() {
        Arbitrary<String> atom = Arbitraries.of("a", "b", ".", "\\.", "[ab]", "[^a]", "\\w", "\\b", "^", "$");
        return Arbitraries.recursive(
                () -> atom,
                part -> Arbitraries.oneOf(
                        part.tuple2().map(both -> both.get1() + both.get2()),
                        part.tuple2().map(both -> "(" + both.get1() + "|" + both.get2() + ")"),
                        part.tuple2().map(both -> "(?:" + both.get1() + both.get2() + ")*"),
                        part.map(one -> "(" + one + ")?"),
                        part.map(one -> "(?=" + one + ")"),
                        part.map(one -> "(?!" + one + ")"),
                        part.map(one -> "(" + one + "){1,2}")),
                0,
                3);
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.strings().withChars("ab.c").ofMaxLength(6);
    }

    @Property(tries = 1000)
    void anyExpressionMatchesAsTheJdkDoes(@ForAll("expressions") String expression, @ForAll("names") String name) {
        assertEquals(
                Pattern.matches(expression, name), ModulePattern.matches(expression, name), expression + " " + name);
    }

    @Test
    void expressionsThatWouldTakeForeverElsewhereDoNot() {
        String name = "a".repeat(60);
        assertFalse(ModulePattern.matches("(((a*)*)*)*b", name));
        assertFalse(ModulePattern.matches("(a|a)*".repeat(30) + "b", name));
        assertFalse(ModulePattern.matches(".*" + "(||||)".repeat(100) + "x", name));
        assertFalse(ModulePattern.matches("(".repeat(100) + "a" + ")".repeat(100), name));
        assertFalse(ModulePattern.matches("((((){999}){999}){999}){999}x", name));
        assertFalse(ModulePattern.matches("((((((a?){999}){999}){999}){999}){999})x", name));
        assertFalse(ModulePattern.matches("(?:(?=(a*)*$)(a|aa))*b".repeat(100), name));
    }

    @Test
    void groupsInsideOneAnotherHaveALimit() {
        String nested = "(".repeat(101) + "a" + ")".repeat(101);
        assertThrows(IllegalArgumentException.class, () -> ModulePattern.matches(nested, "a"));
    }

    @Test
    void pythonsNamesOfGroupsAreFine() {
        assertTrue(ModulePattern.matches("(?P<layer>model\\.layers\\.\\d+)\\..*", NAME));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                "a)",
                "(?i)a",
                "(a)\\1",
                "a**",
                "a*+",
                "*a",
                "a{",
                "a{1000000}",
                "[a",
                "[a&&b]",
                "\\",
                "\\p{L}",
                "(?>a)",
                "(?P=a)",
                "[b-a]"
            })
    void whatIsNotUnderstoodIsRefused(String expression) {
        assertThrows(IllegalArgumentException.class, () -> ModulePattern.matches(expression, "a"));
        assertThrows(IllegalArgumentException.class, () -> ModulePattern.matches("a".repeat(5000), "a"));
    }
}
