package io.humpback.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Choice;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.testing.FakeLanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ModelStreamTest {

    private static final List<String> OPTIONS = List.of(" a", " b");

    /** Items that ask have " asks" at their end, and get " answered" in its place. */
    private static Stream<String> through(Stream<String> items, Function<Stream<Prompt>, Stream<Choice>> model) {
        return ModelStream.<String, Prompt, Choice>through(
                items.map(item -> new ModelStream.Ask<>(item, item.endsWith(" asks") ? Prompt.text(item) : null)),
                model,
                (item, choice) -> item.replace(" asks", " answered"));
    }

    @Property(tries = 200)
    void itemsKeepTheirOrderWhicheverAsk(@ForAll List<Boolean> asks, @ForAll @IntRange(min = 1, max = 5) int window) {
        FakeLanguageModel model = FakeLanguageModel.create().window(window);
        List<String> items = IntStream.range(0, asks.size())
                .mapToObj(i -> i + (asks.get(i) ? " asks" : ""))
                .toList();
        List<String> out = through(items.stream(), prompts -> model.choose(prompts, OPTIONS))
                .toList();
        assertEquals(
                items.stream().map(item -> item.replace(" asks", " answered")).toList(), out);
        assertEquals(
                items.stream().filter(item -> item.endsWith("asks")).count(),
                model.prompts().size());
        assertEquals(0, model.openCalls());
    }

    @Test
    void anEndlessSourceIsPulledNoFurtherThanTheModelsWindow() {
        FakeLanguageModel model = FakeLanguageModel.create().window(4);
        AtomicInteger pulled = new AtomicInteger();
        Stream<String> endless = Stream.generate(() -> pulled.incrementAndGet() + " asks");
        try (Stream<String> out = through(endless, prompts -> model.choose(prompts, OPTIONS))) {
            assertEquals(
                    List.of("1 answered", "2 answered", "3 answered"),
                    out.limit(3).toList());
        }
        assertEquals(4, pulled.get());
        assertEquals(0, model.openCalls());
    }

    @Test
    void manyItemsThatPassByDoNotPileUp() {
        FakeLanguageModel model = FakeLanguageModel.create();
        AtomicInteger pulled = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Stream<String> items = IntStream.range(0, 20_000)
                .mapToObj(i -> i % 7_000 == 6_999 ? i + " asks" : String.valueOf(i))
                .peek(item -> pulled.incrementAndGet());
        through(items, prompts -> model.choose(prompts, OPTIONS))
                .forEach(item -> most.accumulateAndGet(pulled.get() - seen.incrementAndGet(), Math::max));
        assertEquals(20_000, seen.get());
        assertEquals(2, model.prompts().size());
        assertTrue(most.get() <= ModelStream.MAX_PASSING, most + " were held");
        assertEquals(0, model.openCalls());
    }

    @Test
    void nothingIsPulledBeforeItIsWanted() {
        FakeLanguageModel model = FakeLanguageModel.create();
        List<String> events = new ArrayList<>();
        Stream<String> source =
                Stream.of("1 asks").peek(item -> events.add("pulled")).onClose(() -> events.add("closed"));
        through(source, prompts -> model.choose(prompts, OPTIONS)).close();
        assertEquals(List.of("closed"), events);
        assertEquals(0, model.calls());
    }

    @Test
    void closingHalfwayClosesModelAndSource() {
        FakeLanguageModel model = FakeLanguageModel.create();
        List<String> events = new ArrayList<>();
        Stream<String> source = Stream.generate(() -> "x asks").onClose(() -> events.add("closed"));
        Stream<String> out = through(source, prompts -> model.choose(prompts, OPTIONS));
        assertEquals("x answered", out.iterator().next());
        assertEquals(1, model.openCalls());
        out.close();
        assertEquals(0, model.openCalls());
        assertEquals(List.of("closed"), events);
    }

    @Test
    void aModelThatAnswersTooOftenOrTooSeldomIsFoundOut() {
        Choice choice = new Choice(new double[] {0, 0}, 0, 1);
        List<Function<Stream<Prompt>, Stream<Choice>>> wrong = List.of(
                prompts -> prompts.skip(1).map(prompt -> choice),
                prompts -> Stream.empty(),
                prompts -> Stream.concat(prompts.map(prompt -> choice), Stream.of(choice)),
                prompts -> Stream.of(choice));
        for (Function<Stream<Prompt>, Stream<Choice>> model : wrong) {
            Stream<String> out = through(Stream.of("0", "1 asks", "2", "3 asks"), model);
            assertThrows(ModelException.class, out::toList);
        }
    }
}
