package io.humpback.data.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.RowWriter;
import io.humpback.data.file.Rows;
import io.humpback.data.format.ExampleFunnel.Reason;
import io.humpback.internal.GunzipTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();
    private ExampleFunnel funnel = new ExampleFunnel();

    private List<Example> read(String name, String text) throws IOException {
        return read(Files.writeString(folder.resolve(name), text));
    }

    private List<Example> read(Path file) throws IOException {
        return read(file, Examples.guess(file));
    }

    private List<Example> read(Path file, Format format) throws IOException {
        rejected.clear();
        funnel = new ExampleFunnel();
        try (Stream<Example> examples = Examples.read(file, format, funnel, Rejects.into(rejected))) {
            List<Example> read = examples.toList();
            assertEquals(read.size(), funnel.examples());
            assertEquals(rejected.size(), funnel.rejected());
            long passedOver =
                    funnel.passedOver().values().stream().mapToLong(n -> n).sum();
            assertEquals(funnel.rows(), funnel.examples() + funnel.rejected() + passedOver, funnel::toString);
            return read;
        }
    }

    private List<String> rejections() {
        return rejected.stream().map(r -> r.place() + ": " + r.reason()).toList();
    }

    private static final Example SKY = new Example("Why is the sky blue?", "Air scatters short waves.");

    @Test
    void alpacaIsReadFromLinesAndFromAnArray() throws IOException {
        String row =
                "{\"instruction\":\"Why is the sky blue?\",\"input\":\"\",\"output\":\"Air scatters short waves.\"}";
        String withInput = "{\"instruction\":\"Translate.\",\"input\":\"chat\",\"output\":\"cat\"}";
        List<Example> expected = List.of(SKY, new Example("Translate.\n\nchat", "cat"));
        assertEquals(expected, read("a.jsonl", row + "\n" + withInput + "\n"));
        assertEquals(expected, read("a.json", "[\n" + row + ",\n  " + withInput + "]\n"));
        assertEquals(expected, read("b.json", row + "\n" + withInput));
        assertEquals(List.of(), rejected);
    }

    @Test
    void badElementsOfAnArrayAreRejectedWithTheirLines() throws IOException {
        String good = "{\"instruction\":\"Why is the sky blue?\",\"output\":\"Air scatters short waves.\"}";
        assertEquals(
                List.of(SKY, SKY, SKY),
                read(
                        "a.json",
                        "\uFEFF[" + good + ",\n7,\n{\"instruction\":1,\"output\":\"x\"},\n{\"a\":1e999999},{oops}\n, "
                                + good + ",\n{\"instruction\":\"a\",\"instruction\":\"b\"},\n\n" + good
                                + ",\n{\"output\":\"x\"},]"));
        assertEquals(
                List.of("line 2", "line 3", "line 4", "line 4", "line 6", "line 9", "line 9"),
                rejected.stream().map(Rejection::place).toList());
        assertEquals(
                "line 2: found a JSON number, expected an object", rejections().get(0));
        assertEquals(
                "line 3: instruction: found 1, expected a text", rejections().get(1));
        assertEquals(
                "line 9: instruction: missing, expected a text", rejections().get(5));
    }

    @Test
    void anArrayThatDoesNotEndOrGoesOnIsReadUpToThere() throws IOException {
        String good = "{\"instruction\":\"Why is the sky blue?\",\"output\":\"Air scatters short waves.\"}";
        assertEquals(List.of(SKY, SKY), read("a.json", "[" + good + ",\n" + good));
        assertEquals(List.of("line 2: the array does not end; the rest is not read"), rejections());
        assertEquals(List.of(SKY), read("a.json", "[" + good + "]\n]"));
        assertEquals(List.of("line 2: text after the end of the array; the rest is not read"), rejections());
        assertEquals(List.of(), read(Files.writeString(folder.resolve("e.json"), "[ ]"), Alpaca.format()));
        assertEquals(List.of(), rejected);
    }

    @Test
    void shareGptGivesTheFirstTurn() throws IOException {
        String turn = "{\"from\":\"human\",\"value\":\"Why is the sky blue?\"},"
                + "{\"from\":\"gpt\",\"value\":\"Air scatters short waves.\"}";
        assertEquals(
                List.of(SKY, SKY),
                read(
                        "s.jsonl",
                        "{\"id\":\"x\",\"conversations\":[" + turn + "," + turn + "]}\n"
                                + "{\"conversations\":[{\"from\":\"system\",\"value\":\"Be kind.\"}," + turn + "]}\n"
                                + "{\"conversations\":[{\"from\":\"gpt\",\"value\":\"Part 2\"}," + turn + "]}\n"
                                + "{\"conversations\":[]}\n{\"conversations\":[7,8]}\n"
                                + "{\"conversations\":[{\"from\":\"human\",\"value\":\"\"},{\"from\":\"gpt\",\"value\":\"x\"}]}\n"));
        assertEquals(
                List.of(
                        "line 3: conversations: begins with \"gpt\" and \"human\", expected a question and an answer",
                        "line 4: conversations: found [], expected a list of turns",
                        "line 5: conversations[0].from: missing, expected one of [assistant, chatgpt, gpt, human, system, user]",
                        "line 6: conversations[0].value: empty, expected a text"),
                rejections());
    }

    @Test
    void trlIsReadInItsThreeForms() throws IOException {
        String asked = "{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}";
        String answered = "{\"role\":\"assistant\",\"content\":\"Air scatters short waves.\"}";
        assertEquals(List.of(SKY), read("m.jsonl", "{\"messages\":[" + asked + "," + answered + "]}"));
        assertEquals(
                List.of(SKY, SKY),
                read(
                        "p.jsonl",
                        "{\"prompt\":[" + asked + "],\"completion\":[" + answered + "]}\n"
                                + "{\"prompt\":\"Why is the sky blue?\",\"completion\":\"Air scatters short waves.\"}\n"
                                + "{\"prompt\":\"Why?\",\"completion\":[" + answered + "]}\n"));
        assertTrue(
                rejections().get(0).startsWith("line 3: prompt: found \"Why?\", completion: found [{"),
                rejections()::toString);
    }

    @Test
    void csvIsReadByItsColumnsAndQuotedTextMayHoldLineEnds() throws IOException {
        assertEquals(
                List.of(SKY, new Example("a, \"b\"\nc", "d")),
                read(
                        "c.csv",
                        "\uFEFFid,instruction,response\r\n1,Why is the sky blue?,Air scatters short waves.\r\n"
                                + "2,\"a, \"\"b\"\"\nc\",d\n\n3,too,many,values\n4,few\n5,\"a\"b,c\n6,,empty\n"));
        assertEquals(
                List.of("line 6", "line 7", "line 8", "line 9"),
                rejected.stream().map(Rejection::place).toList());
        assertEquals(
                "values: found 4, expected 3, one a column", rejected.get(0).reason());
        assertTrue(rejected.get(2).reason().startsWith("not CSV: "), rejected::toString);
        assertEquals(
                List.of(SKY), read("t.tsv", "prompt\tcompletion\nWhy is the sky blue?\tAir scatters short waves."));
    }

    @Test
    void csvWhoseColumnsAreUnclearIsNotRead() throws IOException {
        Path file = Files.writeString(folder.resolve("c.csv"), "a,a\n1,2\n");
        assertEquals(List.of(), read(file, Pairs.fields("a", "b")));
        assertEquals(
                List.of("line 2: the first row names no columns, or one of them twice; the rest is not read"),
                rejections());
    }

    @Test
    void fieldsOfOtherNamesAreMapped() throws IOException {
        Path file = Files.writeString(
                folder.resolve("q.jsonl"),
                "{\"question\":\"Why is the sky blue?\",\"answer\":\"Air scatters short waves.\"}\n{\"question\":\"x\"}");
        assertEquals(List.of(SKY), read(file, Pairs.fields("question", "answer")));
        assertEquals(List.of("line 2: answer: missing, expected a text"), rejections());
        DataException e = assertThrows(DataException.class, () -> Examples.read(file, Rejects.refuse()));
        assertTrue(
                e.getMessage()
                        .startsWith(file + ": found rows with question, answer, expected the fields of one of oasst"),
                e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Pairs.fields("a", "a"));
    }

    @Test
    void aFormatIsChosenByItsName() {
        for (Format format : Examples.formats()) {
            assertEquals(format.key(), Examples.format(format.key()).key());
        }
        assertThrows(IllegalArgumentException.class, () -> Examples.format("parquet"));
    }

    private static String message(String id, String parent, String tree, String role, String lang, String rank) {
        return ("{\"message_id\":\"%s\",\"parent_id\":%s,\"message_tree_id\":\"%s\",\"role\":\"%s\",\"lang\":\"%s\","
                        + "\"rank\":%s,\"deleted\":false,\"text\":\"%s\"}\n")
                .formatted(id, parent == null ? null : '"' + parent + '"', tree, role, lang, rank, "text of " + id);
    }

    @Test
    void messagesOfATreeBecomeAPairInAnyOrder() throws IOException {
        List<Example> examples = read(
                "o.jsonl",
                message("a1", "a", "a", "assistant", "en", "1")
                        + message("a0", "a", "a", "assistant", "en", "0")
                        + message("a", null, "a", "prompter", "en", null)
                        + message("a00", "a0", "a", "prompter", "en", null)
                        + "no row\n"
                        + message("b", null, "b", "prompter", "de", null)
                        + message("b0", "b", "b", "assistant", "de", "0")
                        + message("c", null, "c", "prompter", "en", null)
                        + message("d0", "d", "d", "assistant", "en", "0")
                        + message("e", null, "e", "assistant", "en", null)
                        + message("f", null, "f", "prompter", "en", null).replace("false", "true")
                        + message("g", null, "g", "prompter", "en", null)
                        + message("g0", "g", "g", "assistant", "en", "0"));
        assertEquals(List.of(new Example("text of a", "text of a0"), new Example("text of g", "text of g0")), examples);
        assertEquals(
                List.of("line 5", "line 9", "line 10"),
                rejected.stream()
                        .map(Rejection::place)
                        .sorted((a, b) -> a.length() - b.length())
                        .toList());
        assertEquals(2, funnel.passedOver().get(Reason.QUESTION));
        assertEquals(1, funnel.passedOver().get(Reason.LOWER_RANK));
        assertEquals(1, funnel.passedOver().get(Reason.LATER_TURN));
        assertEquals(2, funnel.passedOver().get(Reason.OTHER_LANGUAGE));
        assertEquals(1, funnel.passedOver().get(Reason.UNANSWERED));
        assertEquals(1, funnel.passedOver().get(Reason.DELETED));
        Path file = folder.resolve("o.jsonl");
        assertEquals(
                List.of(new Example("text of b", "text of b0")),
                read(file, Oasst.messages().language("de")));
    }

    @Test
    void theRealMessagesGiveTheirTreesFirstTurns() throws IOException {
        Path file = ReferenceData.file("data/oasst1-en-validation-dev.messages.jsonl");
        List<Example> examples = read(file);
        assertEquals(1195, funnel.rows());
        assertEquals(112, examples.size());
        assertEquals("What do you think about ChatGPT?", examples.get(0).instruction());
        Path packed = Files.write(folder.resolve("m.jsonl.gz"), GunzipTest.gzip(Files.readAllBytes(file)));
        assertEquals(examples, read(packed));
    }

    @Test
    void theRealTreesGiveTheirAnswersOfRankZero() throws IOException {
        List<Example> examples = read(ReferenceData.file("data/oasst-en-100.trees.jsonl"));
        assertEquals(99, examples.size());
        assertEquals(1, funnel.passedOver().get(Reason.UNANSWERED));
        assertEquals(
                "How can I find the best 401k plan for my needs?",
                examples.get(0).instruction());
        assertTrue(examples.get(0).response().startsWith("The first step is to research your options."));
    }

    @Test
    void theRealSeedTasksAreRead() throws IOException {
        List<Example> examples = read(ReferenceData.file("data/self-instruct-seed-tasks.jsonl"));
        assertEquals(175, examples.size() + rejected.size());
        assertEquals(
                "What is the relation between the given pairs?\n\nNight : Day :: Right : Left",
                examples.get(1).instruction());
    }

    @Test
    void controlTokensAreText() throws IOException {
        Example hostile = new Example("<|eot_id|>\u2028[INST] </s>\u0000", "<|im_end|>\n<|im_start|>system");
        for (PairFormat format :
                List.of(Pairs.format(), Alpaca.format(), ShareGpt.format(), Trl.messages(), Trl.promptCompletion())) {
            for (String name : List.of("x.jsonl", "x.json", "x.jsonl.gz", "x.parquet")) {
                Path file = folder.resolve(name);
                try (RowWriter out = Rows.write(file)) {
                    out.write(format.row(hostile));
                    out.write(format.row(SKY));
                    out.commit();
                }
                assertEquals(format.key(), Examples.guess(file).key());
                assertEquals(List.of(hostile, SKY), read(file), name);
            }
        }
    }

    @Test
    void anEmptyArrayIsWrittenAsOne() throws IOException {
        Path file = folder.resolve("x.json");
        try (RowWriter out = Rows.write(file)) {
            out.commit();
        }
        assertEquals("[]\n", Files.readString(file, StandardCharsets.UTF_8));
    }
}
