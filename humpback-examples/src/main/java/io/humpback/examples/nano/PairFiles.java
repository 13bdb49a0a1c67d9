package io.humpback.examples.nano;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.quality.Labels;
import io.humpback.quality.PairChecks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pairs of a made world that a judge can be shown, and labels of some of them. Nobody gave the labels: they are what is true in that world,
 * 1 for a pair without a flaw and 0 for any other.
 */
public final class PairFiles {

    private static final int VILLAGES = 40;

    private PairFiles() {}

    /**
     * Writes {@code pairs.jsonl}, rows with id, instruction and response, and {@code truth.jsonl}, rows with id, label, the
     * flaw and the probability with which the pair was drawn to be labelled: the same for all.
     *
     * @param folder is made where there is none
     * @param seed of the world and all that is drawn
     * @param pairs how many, at least 1
     * @param labels how many of them have a label, at most all
     */
    public static void write(Path folder, long seed, int pairs, int labels) throws IOException {
        PairSource source = new PairSource(World.of(seed, VILLAGES), seed);
        List<LabelledPair> all = Stream.generate(source::pair)
                .filter(pair -> isShown(pair.example()))
                .limit(pairs)
                .toList();
        Set<Integer> drawn = drawn(seed, pairs, labels);
        Files.createDirectories(folder);
        try (JsonLines.Writer rows = JsonLines.write(folder.resolve("pairs.jsonl"));
                JsonLines.Writer truth = JsonLines.write(folder.resolve("truth.jsonl"))) {
            for (int i = 0; i < pairs; i++) {
                LabelledPair pair = all.get(i);
                rows.write(row(i).put("instruction", pair.example().instruction())
                        .put("response", pair.example().response()));
                if (drawn.contains(i)) {
                    truth.write(row(i).put("label", pair.flaw() == Flaw.NONE ? 1 : 0)
                            .put("flaw", pair.flaw().toString())
                            .put(Labels.DRAWN_WITH, (double) labels / pairs));
                }
            }
            rows.commit();
            truth.commit();
        }
    }

    /** Whether a judge sees a pair: one that would only repeat its instruction has no score that a label could be held against. */
    private static boolean isShown(Example pair) {
        return PairChecks.check(pair.instruction(), pair.response()).isEmpty();
    }

    private static ObjectNode row(int number) {
        return JsonLines.row().put("id", "pair " + (number + 1));
    }

    private static Set<Integer> drawn(long seed, int pairs, int labels) {
        List<Integer> numbers =
                new ArrayList<>(IntStream.range(0, pairs).boxed().toList());
        Collections.shuffle(numbers, new Random(seed));
        return new HashSet<>(numbers.subList(0, labels));
    }
}
