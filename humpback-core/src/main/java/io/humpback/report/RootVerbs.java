package io.humpback.report;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import opennlp.tools.postag.POSModel;
import opennlp.tools.postag.POSTagger;
import opennlp.tools.postag.POSTaggerME;
import opennlp.tools.tokenize.SimpleTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * What instructions ask for: the first verb of each and the noun that follows it, as in the figure of Self-Instruct
 * (Wang et al. 2022, arXiv 2212.10560), but from parts of speech alone and not from a parse. English only. Verbs are
 * kept in the form they have. Without OpenNLP and its English model, which are optional, none are found. Not thread-safe.
 */
final class RootVerbs {

    private static final String MODEL = "/opennlp-en-ud-ewt-pos-1.3-2.5.4.bin";

    /** Where an instruction shows what it asks for, or not at all. */
    private static final int MAX_CHARACTERS = 400;

    private static final int MAX_KINDS = 100_000;

    private final @Nullable POSTagger tagger;
    private final Map<String, Map<String, Long>> counts = new TreeMap<>();
    private int kinds;

    /** Loads the tagger, where there is one. */
    RootVerbs() {
        tagger = tagger();
    }

    private static @Nullable POSTagger tagger() {
        try (InputStream model = POSTaggerME.class.getResourceAsStream(MODEL)) {
            return model == null ? null : new POSTaggerME(new POSModel(model));
        } catch (NoClassDefFoundError e) {
            return null;
        } catch (IOException e) {
            throw new IllegalStateException(MODEL + ": cannot be read", e);
        }
    }

    /** {@return how many instructions were read: 1, or 0 without a tagger} Only those with a verb and a noun after it count. */
    int add(String instruction) {
        if (tagger == null) {
            return 0;
        }
        List<String> verbAndNoun = of(instruction);
        if (!verbAndNoun.isEmpty()) {
            Map<String, Long> nouns = counts.computeIfAbsent(verbAndNoun.get(0), verb -> new TreeMap<>());
            String noun = verbAndNoun.get(1);
            if (nouns.containsKey(noun) || kinds < MAX_KINDS) { // else memory would grow with the data
                kinds += nouns.containsKey(noun) ? 0 : 1;
                nouns.merge(noun, 1L, Long::sum);
            }
        }
        return 1;
    }

    /** {@return the first verb and the noun after it, in lower case; empty if there is none} */
    List<String> of(String instruction) {
        String text = instruction.strip().replaceFirst("^\\w{1,20}:\\s*+", ""); // such as "Question:"
        text = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
        if (text.isEmpty()) {
            return List.of();
        }
        // the tagger knows sentences that tell something: a command's first word is a verb to it only after "please"
        String[] words = SimpleTokenizer.INSTANCE.tokenize(
                "Please " + text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1));
        String[] tags = requireNonNull(tagger).tag(words);
        int verb = Arrays.asList(tags).subList(1, tags.length).indexOf("VERB") + 1;
        int noun = verb == 0 ? 0 : noun(tags, verb + 1);
        return noun == 0
                ? List.of()
                : List.of(words[verb].toLowerCase(Locale.ROOT), words[noun].toLowerCase(Locale.ROOT));
    }

    /** The place of the last of the first run of nouns: of "hard water stains", the stains; 0 for none. */
    private static int noun(String[] tags, int from) {
        for (int i = from; i < tags.length; i++) {
            if (isNoun(tags[i]) && (i + 1 == tags.length || !isNoun(tags[i + 1]))) {
                return i;
            }
        }
        return 0;
    }

    private static boolean isNoun(String tag) {
        return tag.equals("NOUN") || tag.equals("PROPN");
    }

    /**
     * {@return the most frequent verbs with their most frequent nouns, most frequent first} What is left of a verb's nouns
     * is counted as {@code ...}.
     *
     * @param verbs how many
     * @param nouns how many of each
     */
    Map<String, Map<String, Long>> top(int verbs, int nouns) {
        List<Map.Entry<String, Map<String, Long>>> order = new ArrayList<>(counts.entrySet());
        order.sort(Comparator.comparingLong(entry -> -sum(entry.getValue())));
        Map<String, Map<String, Long>> top = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, Long>> entry : order.subList(0, Math.min(verbs, order.size()))) {
            List<Map.Entry<String, Long>> all = new ArrayList<>(entry.getValue().entrySet());
            all.sort(Comparator.comparingLong(noun -> -noun.getValue()));
            Map<String, Long> most = new LinkedHashMap<>();
            all.stream().limit(nouns).forEach(noun -> most.put(noun.getKey(), noun.getValue()));
            long rest = sum(entry.getValue()) - sum(most);
            if (rest > 0) {
                most.put("...", rest);
            }
            top.put(entry.getKey(), most);
        }
        return top;
    }

    private static long sum(Map<String, Long> nouns) {
        return nouns.values().stream().mapToLong(count -> count).sum();
    }
}
