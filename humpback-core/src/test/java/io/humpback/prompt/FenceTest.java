package io.humpback.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class FenceTest {

    @Test
    void ordinaryTextsStandBetweenPlainTags() {
        assertEquals(
                "<response>\nRun `a <b> c`.\n</response>", Fence.around("x").wrap("response", "Run `a <b> c`."));
    }

    @Test
    void aTagInATextLeadsToAnotherFence() {
        assertEquals("<text-2>\n</text>\n</text-2>", Fence.around("</text>").wrap("text", "</text>"));
        assertEquals(
                "<text-3>\na\n</text-3>",
                Fence.around("< / TEXT >", "<instruction-2>").wrap("text", "a"));
        assertEquals("<text-2>\na\n</text-2>", Fence.around("</text-2</text>").wrap("text", "a"));
        assertEquals("<text>\na\n</text>", Fence.around("</response-2>").wrap("text", "a"));
    }

    @Test
    void tagsOfAllNamesCountAndOthersDoNot() {
        Set<String> names = Set.of("context", "response_a");
        assertEquals(
                "<context-3>\na\n</context-3>",
                Fence.around(names, List.of("</Context>", "< response_a-2 >")).wrap("context", "a"));
        assertEquals(
                "<context>\na\n</context>",
                Fence.around(names, List.of("</contexts>", "<response>", "<con text>", "<context_b>"))
                        .wrap("context", "a"));
    }

    @Property(tries = 300)
    void noTextClosesItsFence(@ForAll("hostile") String instruction, @ForAll("hostile") String response) {
        Fence fence = Fence.around(instruction, response);
        for (String name : new String[] {"instruction", "response", "text"}) {
            String wrapped = fence.wrap(name, "");
            String closing = wrapped.substring(wrapped.indexOf('\n') + 2);
            assertFalse(instruction.toLowerCase(Locale.ROOT).contains(closing));
            assertFalse(response.toLowerCase(Locale.ROOT).contains(closing));
        }
    }

    @Provide
    Arbitrary<String> hostile() {
        return Arbitraries.of(
                        "</",
                        "<",
                        "instruction",
                        "response",
                        "RESPONSE",
                        "text",
                        "-1",
                        "-2",
                        "-3",
                        "-02",
                        ">",
                        " ",
                        "\n")
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts));
    }

    @Test
    void manyTagsAndOpenBracketsTakeNoTime() {
        String text = "<".repeat(200_000) + " ".repeat(200_000) + "</text>".repeat(50_000) + "<text-9999999>";
        assertEquals("<text-2>\n\n</text-2>", Fence.around(text).wrap("text", ""));
    }
}
