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
import io.humpback.internal.unpack.GunzipTest;
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
                List.of(SKY, SKY, SKY),
                read(
                        "s.jsonl",
                        "{\"id\":\"x\",\"conversations\":[" + turn + "," + turn + "]}\n"
                                + "{\"conversations\":[{\"from\":\"system\",\"value\":\"Be kind.\"}," + turn + "]}\n"
                                + "{\"conversations\":[{\"from\":\"gpt\",\"value\":\"Part 2\"}," + turn + "]}\n"
                                + "{\"conversations\":[]}\n"
                                + "{\"conversations\":[7,8]}\n"
                                + "{\"conversations\":[{\"from\":\"human\",\"value\":\"\"},{\"from\":\"gpt\",\"value\":\"x\"}]}\n"));
        assertEquals(
                List.of(
                        "line 4: conversations: found [], expected a list of turns",
                        "line 5: conversations[0].role: missing, expected one of ai, assistant, bard, bing, bot,"
                                + " chatbot, chatgpt, claude, developer, gpt, human, model, person, prompter, system,"
                                + " user",
                        "line 6: conversations[0]: empty, expected a text"),
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
        assertEquals(
                "a quote does not close at the end of its value",
                rejected.get(2).reason());
        assertEquals(
                List.of(SKY), read("t.tsv", "prompt\tcompletion\nWhy is the sky blue?\tAir scatters short waves."));
    }

    @Test
    void csvWhoseColumnsAreUnclearIsNotRead() throws IOException {
        Path file = Files.writeString(folder.resolve("c.csv"), "a,a\n1,2\n");
        assertEquals(List.of(), read(file, Pairs.fields("a", "b")));
        assertEquals(List.of("line 1: the first row names the column a twice; the rest is not read"), rejections());
    }

    @Test
    void fieldsOfOtherNamesAreMapped() throws IOException {
        Path file = Files.writeString(
                folder.resolve("q.jsonl"),
                "{\"question\":\"Why is the sky blue?\",\"answer\":\"Air scatters short waves.\"}\n"
                        + "{\"question\":\"x\"}");
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

    private static final Example SUM = new Example("Summarise.\n\nLong text.", "Short.");

    @Test
    void whatBelongsToAnInstructionFollowsIt() throws IOException {
        for (String row : List.of(
                "'instruction':'Summarise.','input':'Long text.','response':'Short.'",
                "'instruction':'Summarise.','context':'Long text.','response':'Short.','category':'x'",
                "'instruction':'Summarise.','context':'Long text.','output':'Short.'",
                "'instruction':'Summarise.','text':'Long text.','response':'Short.'",
                "'instruction':'Summarise.','text':'Long text.','input':'','output':'Short.'",
                "'prompt':'Summarise.','context':'Long text.','completion':'Short.'",
                "'instruction':'Summarise.','passage':'Long text.','response':'Short.'",
                "'instruction':'Summarise.','context':['Long text.'],'response':'Short.'",
                "'instruction':'Summarise.','context':null,'document':'Long text.','response':'Short.'",
                "'instruction':'Summarise.','instances':[{'input':'Long text.','output':'Short.'}]")) {
            assertEquals(List.of(SUM), read("x.jsonl", "{" + row.replace('\'', '"') + "}"), row);
            assertEquals(List.of(), rejected);
        }
        assertEquals(List.of(SUM), read("x.csv", "instruction,context,response\nSummarise.,Long text.,Short.\n"));
        assertEquals(List.of(SUM), read("x.tsv", "prompt\tinput\tcompletion\nSummarise.\tLong text.\tShort.\n"));
        read("x.jsonl", "{\"instruction\":\"a\",\"response\":\"b\",\"context\":{\"c\":1}}");
        assertEquals(List.of("line 1: context: found {\"c\":1}, expected a text"), rejections());
    }

    @Test
    void aTextThatIsTheWholePairIsNoContext() throws IOException {
        assertEquals(
                List.of(SKY),
                read(
                        "x.jsonl",
                        "{\"instruction\":\"Why is the sky blue?\",\"input\":\"\",\"output\":\"Air scatters short"
                                + " waves.\",\"text\":\"### Instruction: Why is the sky blue?\\n"
                                + "### Response: Air scatters short waves.\"}"));
    }

    @Test
    void theCasesOfContextAreRead() throws IOException {
        assertEquals(
                List.of(new Example("Summarise.\n\nLONG INPUT TEXT", "Short.")),
                read(ReferenceData.file("cases/data-context-dropped/d1.jsonl")));
        assertEquals(
                List.of(new Example("Summarise.\n\nCONTEXT", "Short.")),
                read(ReferenceData.file("cases/data-context-dropped/d2.jsonl")));
        assertEquals(
                List.of(new Example("Summarise.\n\nTEXT", "Short.")),
                read(ReferenceData.file("cases/data-context-dropped/d3.jsonl")));
        assertEquals(
                List.of(new Example("Who?\n\nCTX", "Answer")),
                read(ReferenceData.file("cases/data-context-dropped/d7.csv")));
        assertEquals(
                new Example("Do x.\n\nctx one", "Done x."),
                read(ReferenceData.file("cases/data-context-dropped/p19-dolly.parquet"))
                        .get(0));
    }

    @Test
    void allOtherFieldsAreTakenAlong() throws IOException {
        for (String row : List.of(
                "{'id':7,'instruction':'Why is the sky blue?','tags':['a'],'input':'','output':'Air scatters short"
                        + " waves.'}",
                "{'id':7,'conversations':[{'from':'human','value':'Why is the sky blue?'},"
                        + "{'from':'gpt','value':'Air scatters short waves.'}],'tags':['a']}",
                "{'id':7,'prompt':'Why is the sky blue?','completion':'Air scatters short waves.','tags':['a']}",
                "{'id':7,'prompt':{'role':'prompter','lang':'en','text':'Why is the sky blue?','replies':[{'role':"
                        + "'assistant','lang':'en','rank':0,'text':'Air scatters short waves.'}]},'tags':['a']}")) {
            Path file = Files.writeString(folder.resolve("x.jsonl"), row.replace('\'', '"'));
            try (Stream<Format.Taken> taken =
                    Examples.guess(file).take(Rows.read(file, Rejects.refuse()), funnel, Rejects.refuse())) {
                assertEquals(
                        "{\"id\":7,\"instruction\":\"Why is the sky blue?\",\"response\":\"Air scatters short waves.\","
                                + "\"tags\":[\"a\"]}",
                        taken.toList().get(0).row().fields().toString());
            }
        }
    }

    @Test
    void conversationsAreReadUnderTheNamesThatPeopleGiveThem() throws IOException {
        String asked = "'Why is the sky blue?'";
        String answered = "'Air scatters short waves.'";
        for (String row : List.of(
                "'conversations':[{'role':'user','content':%s},{'role':'assistant','content':%s}]",
                "'conversation':[{'from':'Human','value':%s},{'from':'GPT','value':%s}]",
                "'id':'x','items':[{'from':'human','value':%s},{'from':'bing','value':%s}]",
                "'conversations':[{'from':'gpt','value':'before'},{'from':'human','value':%s},{'from':'bard','value':%s}]",
                "'messages':[{'from':'user','value':%s},{'from':'chatgpt','value':%s}]",
                "'messages':[{'role':'developer','content':'Be kind.'},{'role':'user','content':%s},"
                        + "{'role':'model','content':%s}]",
                "'messages':[{'role':'user','content':[{'type':'text','text':%s}]},"
                        + "{'role':'assistant','content':[{'type':'text','text':%s}]}]",
                "'dialog':[{'speaker':'USER','text':%s},{'speaker':'gpt-4','text':%s}]",
                "'prompt':[{'role':'user','content':%s}],'completion':[{'role':'assistant','content':[%s]}]")) {
            String json = ("{" + row.formatted(asked, answered) + "}").replace('\'', '"');
            assertEquals(List.of(SKY), read("x.jsonl", json), row);
            assertEquals(List.of(), rejected);
        }
        read(
                "x.jsonl",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"x\"}]},"
                        + "{\"role\":\"assistant\",\"content\":\"y\"}]}");
        assertEquals(
                List.of("line 1: messages[0].content: found a part of type image_url, expected text"), rejections());
        for (String name : List.of("rc", "s03-gptfirst", "s07-items", "m02-parts")) {
            assertEquals(
                    List.of(new Example("hi", "yo")),
                    read(ReferenceData.file("cases/sharegpt-variants/" + name + ".jsonl")));
        }
        for (String from : List.of("messages", "sharegpt")) {
            assertEquals(
                    List.of(new Example("hi", "yo")),
                    read(ReferenceData.file("cases/sharegpt-variants/rc.jsonl"), Examples.format(from)));
        }
    }

    @Test
    void everyFormatComesBackFromEveryKindOfFile() throws IOException {
        for (PairFormat format :
                List.of(Pairs.format(), Alpaca.format(), ShareGpt.format(), Trl.messages(), Trl.promptCompletion())) {
            for (String name : List.of("x.csv", "x.tsv", "x.jsonl", "x.json", "x.parquet", "hub")) {
                Path file = folder.resolve(name);
                try (RowWriter out = Rows.write(file)) {
                    out.write(format.row(SKY));
                    out.write(format.row(SUM));
                    out.commit();
                }
                assertEquals(List.of(SKY, SUM), read(file), format.key() + " " + name);
            }
        }
    }

    private String refusal(Path file) {
        return assertThrows(DataException.class, () -> Examples.guess(file))
                .getMessage()
                .substring(file.toString().length());
    }

    private String refusal(String name, byte[] bytes) throws IOException {
        return refusal(Files.write(folder.resolve(name), bytes));
    }

    @Test
    void aFileWithoutRowsIsRefusedWithTheReasonOfTheFirst() throws IOException {
        String row = "{\"instruction\":\"caf\u00e9\",\"output\":\"b\"}\n";
        byte[] plain = row.getBytes(StandardCharsets.UTF_8);
        assertEquals(": found no rows, the file is empty", refusal("x.jsonl", new byte[0]));
        assertEquals(
                ": found no rows, line 1: the file is UTF-16, expected text in UTF-8; the rest is not read",
                refusal("x.jsonl", ("\uFEFF" + row).getBytes(StandardCharsets.UTF_16LE)));
        assertEquals(
                ": found no rows, line 2: bytes that are not UTF-8, expected a file saved as UTF-8",
                refusal("x.csv", "instruction,response\ncaf\u00e9,b\n".getBytes(StandardCharsets.ISO_8859_1)));
        assertEquals(
                ": found no rows, line 1: the first row names the column a twice; the rest is not read",
                refusal("x.csv", "a,a\n1,2\n".getBytes(StandardCharsets.UTF_8)));
        assertEquals(
                ": found no rows, line 1: byte 0: expected a gzip member, found something else; the rest is not read",
                refusal("x.jsonl.gz", plain));
        assertEquals(
                ": found no rows, line 1: the file is gzip, expected text in UTF-8; the rest is not read",
                refusal("x.jsonl", GunzipTest.gzip(plain)));
        assertEquals(
                ": found no rows, line 1: not JSON at column 2: the value does not end on its line, expected one"
                        + " object a line",
                refusal(
                        "x.json",
                        "{\n  \"instruction\": \"a\",\n  \"output\": \"b\"\n}".getBytes(StandardCharsets.UTF_8)));
        assertEquals(
                ": found rows with data, expected the fields of one of oasst-trees, oasst-messages, sharegpt,"
                        + " messages, prompt-completion, self-instruct, alpaca, pairs",
                refusal("x.json", "{\"data\":[{\"instruction\":\"a\"}]}".getBytes(StandardCharsets.UTF_8)));
        String folder = "cases/found-no-rows/";
        assertTrue(refusal(ReferenceData.file(folder + "a16-pretty.json")).contains("the value does not end"));
        assertTrue(refusal(ReferenceData.file(folder + "a20-utf16.jsonl")).contains("UTF-16"));
        assertTrue(refusal(ReferenceData.file(folder + "c11-latin1.csv")).contains("not UTF-8"));
        assertTrue(refusal(ReferenceData.file(folder + "x04.jsonl.zst")).contains("the file is zstd"));
        assertTrue(refusal(ReferenceData.file(folder + "x07-plain.jsonl.gz")).contains("expected a gzip member"));
        assertTrue(refusal(ReferenceData.file("cases/git-lfs-pointers/lfs.parquet"))
                .contains("a Git LFS pointer"));
    }
}
