package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "How do I mount a disk?|How do I mount a disk?",
                "\\n  How do I mount a disk? \\n|How do I mount a disk?",
                "Instruction: How do I mount a disk?|How do I mount a disk?",
                "**Question:** How do I mount a disk?|How do I mount a disk?",
                "### Prompt: Mount it.|Mount it.",
                "\"How do I mount a disk?\"|How do I mount a disk?",
                "\u201cHow do I mount a disk?\u201d|How do I mount a disk?",
                "Compare \"a\" and \"b\"|Compare \"a\" and \"b\"",
                "\"a\" against \"b\"|\"a\" against \"b\"",
                "<instruction>\\nMount it.\\n</instruction>|Mount it.",
                "Sure! Here's a possible instruction for the text:\\n\\n\"Mount it.\"|Mount it.",
                "Here is the question: Mount what?|Mount what?",
                "The instruction could be:\\nMount it.|Mount it.",
                "Mount it.\\n\\nTo mount a disk, run mount.|Mount it.",
                "Mount it.\\nAnswer: run mount.|Mount it.",
                "Mount it.\\n**Explanation**: because|Mount it.",
                "Fix this script:\\n\\nmount disk\\n\\nThe script is wrong.|Fix this script:\\n\\nmount disk",
                "Sort:\\n- a\\n- b|Sort:\\n- a\\n- b",
                "The question of life: explain it.|The question of life: explain it.",
                "How do I write a prompt: tips?|How do I write a prompt: tips?",
            })
    void theInstructionIsFoundInTheReply(String output, String instruction) {
        assertEquals(
                instruction.replace("\\n", "\n"),
                Reply.of(output.replace("\\n", "\n")).instruction());
    }

    @Test
    void aReplyWithoutTextHasNoInstruction() {
        assertEquals("", Reply.of("").instruction());
        assertEquals("", Reply.of(" \n\t").instruction());
        assertEquals("", Reply.of("Instruction:").instruction());
        assertEquals("", Reply.of("\"\"").instruction());
    }

    @Test
    void whatFollowsTheInstructionIsNoticed() {
        assertTrue(Reply.of("Mount it.").toEnd());
        assertTrue(Reply.of("Instruction: Mount it. \n").toEnd());
        assertFalse(Reply.of("Mount it.\n\nTo mount").toEnd());
        assertFalse(Reply.of("Mount it.\nAnswer: ru").toEnd());
    }

    @Test
    void longOutputsTakeNoTime() {
        String text = "Here is " + "a ".repeat(100_000) + "\n \n".repeat(100_000) + "*#".repeat(100_000);
        assertEquals("Here is " + "a ".repeat(99_999) + "a", Reply.of(text).instruction());
    }
}
