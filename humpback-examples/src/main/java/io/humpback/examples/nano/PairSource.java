package io.humpback.examples.nano;

import io.humpback.data.Example;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** A source of pairs with known flaws at known rates, and of ratings as people who are not always careful give them. */
public final class PairSource {

    /** Of a hundred pairs, how many have which flaw. */
    static final Map<Flaw, Integer> RATES = new EnumMap<>(Map.of(
            Flaw.NONE, 40,
            Flaw.WRONG_VILLAGE, 15,
            Flaw.WRONG_TOPIC, 15,
            Flaw.TRUNCATED, 10,
            Flaw.PADDED, 10,
            Flaw.OFF_TOPIC, 5,
            Flaw.COPIED, 5));

    /** Of a hundred ratings of pairs with a flaw, how many are 1, 2, 3, 4 and 5. */
    private static final Map<Flaw, int[]> RATINGS = new EnumMap<>(Map.of(
            Flaw.NONE, new int[] {0, 2, 8, 30, 60},
            Flaw.WRONG_VILLAGE, new int[] {50, 40, 6, 3, 1},
            Flaw.WRONG_TOPIC, new int[] {50, 40, 6, 3, 1},
            Flaw.TRUNCATED, new int[] {25, 50, 20, 4, 1},
            Flaw.PADDED, new int[] {25, 45, 25, 4, 1},
            Flaw.OFF_TOPIC, new int[] {85, 10, 3, 1, 1},
            Flaw.COPIED, new int[] {80, 15, 3, 1, 1}));

    private final Author author;
    private final Random random;

    /** Pairs of a world. */
    public PairSource(World world, long seed) {
        author = new Author(world, seed);
        random = new Random(~seed);
    }

    /** {@return a pair, its flaw drawn at the known rates} */
    public LabelledPair pair() {
        return pair(flaw());
    }

    /** {@return a pair} */
    public LabelledPair pair(Flaw flaw) {
        String village = author.village();
        Topic topic = author.topic();
        String question = author.question(village, topic);
        String response =
                switch (flaw) {
                    case NONE -> author.text(village, topic);
                    case WRONG_VILLAGE -> author.text(author.otherVillage(village), topic);
                    case WRONG_TOPIC -> author.text(village, author.otherTopic(topic));
                    case TRUNCATED -> author.truncated(village, topic);
                    case PADDED -> author.padded(village, topic);
                    case OFF_TOPIC -> author.elsewhere();
                    case COPIED -> author.copied(question);
                    case UNCLEAR, WRONG_FACT ->
                        throw new IllegalArgumentException("flaw " + flaw + ": expected one of " + RATES.keySet());
                };
        return new LabelledPair(new Example(question, response), flaw);
    }

    /** {@return a rating from 1 to 5, as somebody might give it} */
    public int rating(Flaw flaw) {
        int[] weights = Objects.requireNonNull(RATINGS.get(flaw), flaw.toString());
        int draw = random.nextInt(100);
        int rating = 0;
        while (draw >= weights[rating]) {
            draw -= weights[rating++];
        }
        return rating + 1;
    }

    private Flaw flaw() {
        int draw = random.nextInt(100);
        for (Map.Entry<Flaw, Integer> rate : RATES.entrySet()) {
            draw -= rate.getValue();
            if (draw < 0) {
                return rate.getKey();
            }
        }
        throw new AssertionError("rates add up to a hundred");
    }
}
