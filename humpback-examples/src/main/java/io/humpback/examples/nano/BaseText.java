package io.humpback.examples.nano;

import io.humpback.BackwardPrompt;
import io.humpback.Rubric;
import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.onnx.text.PromptEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What nano is trained on: first the language, every token of it; then what is asked of it, of which the replies count
 * alone. Every row is about another world, so that it learns to read and write and no facts.
 */
final class BaseText {

    private static final int VILLAGES = 40;
    private static final BackwardPrompt PLAIN = new BackwardPrompt(List.of());

    private final PromptEncoder encoder;
    private final long seed;

    BaseText(PromptEncoder encoder, long seed) {
        this.encoder = encoder;
        this.seed = seed;
    }

    /** {@return texts, also of conversations, in which every token is learnt} */
    List<TrainingExample> language(int rows) {
        return IntStream.range(0, rows)
                .mapToObj(i -> {
                    Row row = new Row(seed + 2L * i);
                    int[] ids =
                            switch (row.random.nextInt(20)) {
                                case 0, 1 -> plain(row.author.text(row.village, row.topic));
                                case 2, 3 -> plain(row.header() + "\n\n" + row.any());
                                case 4, 5 -> plain(row.any() + "\n\n" + row.question());
                                case 6, 7 -> plain(row.question() + "\n\n" + row.text());
                                case 8, 9, 10 -> whole(row.forward());
                                case 11, 12, 13 -> whole(row.backward());
                                default -> whole(row.rated());
                            };
                    return learnt("text-" + i, ids);
                })
                .toList();
    }

    /** {@return conversations of which the last reply is learnt} */
    List<TrainingExample> tasks(int rows) {
        return IntStream.range(0, rows)
                .mapToObj(i -> {
                    Row row = new Row(seed + 2L * i + 1);
                    int kind = row.random.nextInt(20);
                    List<Message> turns = kind < 1 ? row.forward() : kind < 7 ? row.backward() : row.rated();
                    Message reply = turns.get(turns.size() - 1);
                    return new TrainingExample(
                            "task-" + i,
                            Continuation.of(Prompt.chat(turns.subList(0, turns.size() - 1)), reply.content()));
                })
                .toList();
    }

    private int[] plain(String text) {
        return encoder.encode(Prompt.text(text + Vocabulary.END));
    }

    private int[] whole(List<Message> turns) {
        return encoder.encode(turns, false, "");
    }

    /** {@return a row whose prompt is the token that begins a text} */
    private static TrainingExample learnt(String id, int[] ids) {
        List<Integer> all = Arrays.stream(ids).boxed().toList();
        return new TrainingExample(id, Continuation.of(Prompt.ids(all.subList(0, 1)), all.subList(1, all.size())));
    }

    /** What a row is about, and the ways to put it. */
    private static final class Row {
        final Random random;
        final World world;
        final Author author;
        final String village;
        final Topic topic;

        Row(long seed) {
            random = new Random(seed);
            world = World.of(random.nextLong(), VILLAGES);
            author = new Author(world, random.nextLong());
            village = author.village();
            topic = author.topic();
        }

        String text() {
            return author.text(village, topic);
        }

        /** A text as a page has them. */
        String any() {
            return switch (random.nextInt(10)) {
                case 0, 1 -> author.truncated(village, topic);
                case 2, 3 -> author.padded(village, topic);
                default -> text();
            };
        }

        String question() {
            return author.question(village, topic);
        }

        String header() {
            return author.header(village, topic);
        }

        List<Message> forward() {
            List<Message> turns = new ArrayList<>();
            StockPrompts.TAGS.stream()
                    .filter(tag -> random.nextBoolean())
                    .map(Message::system)
                    .forEach(turns::add);
            turns.add(Message.user(question()));
            turns.add(Message.assistant(text()));
            return turns;
        }

        List<Message> backward() {
            Prompt.Chat asked = (random.nextInt(3) == 0 ? BackwardPrompt.standard() : PLAIN).of(any());
            return followed(asked, question());
        }

        List<Message> rated() {
            PairSource pairs = new PairSource(world, random.nextLong());
            LabelledPair pair = pairs.pair();
            Example example = pair.example();
            List<Rubric> rubrics = Rubric.paraphrases();
            Rubric rubric = rubrics.get(Math.max(0, random.nextInt(6) - 3)); // most often the standard one
            Prompt.Chat asked = rubric.prompt(example.instruction(), example.response());
            String rating = Rubric.RATINGS.get(pairs.rating(pair.flaw()) - 1);
            return followed(asked, asked.replyStart() + rating);
        }

        private static List<Message> followed(Prompt.Chat asked, String reply) {
            return Stream.concat(asked.messages().stream(), Stream.of(Message.assistant(reply)))
                    .toList();
        }
    }
}
