package io.humpback.examples.nano;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes the texts of a world. Texts have at least {@value #MIN} characters, as segments of pages do. Not thread-safe. */
public final class Author {

    /** Fewest characters of a text. */
    static final int MIN = 600;

    private static final Pattern SLOT = Pattern.compile("\\{(\\w+)\\}");

    private final World world;
    private final List<String> villages;
    private final Random random;

    /** Who writes about a world. */
    public Author(World world, long seed) {
        this.world = world;
        this.villages = world.villages();
        this.random = new Random(seed);
    }

    /** {@return a village} */
    public String village() {
        return pick(villages);
    }

    /** {@return another village} */
    public String otherVillage(String than) {
        String other = village();
        return other.equals(than) ? otherVillage(than) : other;
    }

    /** {@return a topic} */
    public Topic topic() {
        return pick(List.of(Topic.values()));
    }

    /** {@return another topic} */
    public Topic otherTopic(Topic than) {
        Topic other = topic();
        return other == than ? otherTopic(than) : other;
    }

    /** {@return a question, or a request in the form of one} */
    public String question(String village, Topic topic) {
        return fill(pick(topic.questions()), village, topic);
    }

    /** {@return the header of a section} */
    public String header(String village, Topic topic) {
        return fill(pick(Phrases.HEADERS), village, topic);
    }

    /** {@return a text whose first sentence has the fact} */
    public String text(String village, Topic topic) {
        List<String> details = new ArrayList<>(topic.details());
        details.addAll(Phrases.GENERAL);
        Collections.shuffle(details, random);
        List<String> sentences = new ArrayList<>();
        sentences.add(pick(topic.leads()));
        sentences.addAll(details);
        return joined(sentences, village, topic);
    }

    /** {@return a text about no village} */
    public String elsewhere() {
        List<String> sentences = new ArrayList<>(Phrases.ELSEWHERE);
        Collections.shuffle(sentences, random);
        return joined(sentences, village(), topic());
    }

    /** {@return a text that breaks off within a sentence} */
    public String truncated(String village, Topic topic) {
        String text = text(village, topic);
        String more = text + " " + fill(pick(Phrases.GENERAL), village, topic);
        int at = Math.max(MIN, more.lastIndexOf(". ", more.length() - 2)) + 10 + random.nextInt(20);
        int space = more.indexOf(' ', at);
        String cut = more.substring(0, space < 0 ? more.lastIndexOf(' ') : space);
        return cut.endsWith(".") || cut.endsWith(",") ? cut.substring(0, cut.length() - 1) : cut;
    }

    /** {@return a text with what a site says around it, before or after} */
    public String padded(String village, Topic topic) {
        List<String> navigation = new ArrayList<>(Phrases.NAVIGATION);
        Collections.shuffle(navigation, random);
        String padding = String.join(" ", navigation.subList(0, 1 + random.nextInt(3)));
        String text = text(village, topic);
        return random.nextBoolean() ? padding + "\n\n" + text : text + "\n\n" + padding;
    }

    /** {@return a response that repeats its instruction} */
    public String copied(String instruction) {
        return String.join(" ", Collections.nCopies(1 + random.nextInt(4), instruction));
    }

    private String joined(List<String> sentences, String village, Topic topic) {
        StringBuilder text = new StringBuilder(fill(sentences.get(0), village, topic));
        for (int i = 1; text.length() < MIN; i++) {
            text.append(' ').append(fill(sentences.get(i), village, topic));
        }
        return text.toString();
    }

    private String fill(String template, String village, Topic topic) {
        return SLOT.matcher(template)
                .replaceAll(slot -> Matcher.quoteReplacement(
                        switch (slot.group(1)) {
                            case "village" -> village;
                            case "other" -> otherVillage(village);
                            case "value" -> world.value(village, topic);
                            case "noun" -> topic.noun();
                            default -> pick(Objects.requireNonNull(Phrases.SLOTS.get(slot.group(1)), slot.group()));
                        }));
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
