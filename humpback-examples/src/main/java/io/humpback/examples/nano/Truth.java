package io.humpback.examples.nano;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is wrong with a pair of texts about a world, whoever wrote them. Found from the texts alone. */
public final class Truth {

    private static final Pattern WORD = Pattern.compile("\\p{L}+");

    private final World world;

    /** The truth of a world. */
    public Truth(World world) {
        this.world = world;
    }

    /**
     * What a text is about.
     *
     * @param village its name
     * @param topic the topic
     */
    public record Subject(String village, Topic topic) {}

    /** {@return what an instruction asks about, nothing unless it is one village and one topic} */
    public Optional<Subject> asked(String instruction) {
        List<String> words = words(instruction);
        List<String> villages =
                words.stream().filter(World.NAMES::contains).distinct().toList();
        List<Topic> topics = Arrays.stream(Topic.values())
                .filter(topic -> words.contains(topic.noun()))
                .toList();
        return villages.size() == 1 && topics.size() == 1
                ? Optional.of(new Subject(villages.get(0), topics.get(0)))
                : Optional.empty();
    }

    /**
     * {@return what a text is about: the village it names most often, and the topic of the first value in it; nothing if
     * there is no village or no value in it}
     */
    public Optional<Subject> subject(String text) {
        List<String> words = words(text);
        Map<String, Integer> named = new HashMap<>();
        words.stream().filter(World.NAMES::contains).forEach(name -> named.merge(name, 1, Integer::sum));
        Optional<String> village = named.keySet().stream()
                .max(Comparator.comparing((String name) -> named.get(name))
                        .thenComparing(name -> -words.indexOf(name)));
        Optional<Topic> topic = value(words).map(Truth::topic);
        return village.flatMap(name -> topic.map(about -> new Subject(name, about)));
    }

    /** {@return what is wrong with a pair; of several flaws the first in their order} */
    public Flaw flaw(String instruction, String response) {
        Optional<Subject> asked = asked(instruction);
        if (asked.isEmpty()) {
            return Flaw.UNCLEAR;
        }
        if (response.startsWith(instruction)) {
            return Flaw.COPIED;
        }
        Optional<Subject> found = subject(response);
        if (found.isEmpty()) {
            return Flaw.OFF_TOPIC;
        }
        if (!found.get().village().equals(asked.get().village())) {
            return Flaw.WRONG_VILLAGE;
        }
        if (found.get().topic() != asked.get().topic()) {
            return Flaw.WRONG_TOPIC;
        }
        if (!isTrue(found.get(), response)) {
            return Flaw.WRONG_FACT;
        }
        if (Phrases.NAVIGATION.stream().anyMatch(response::contains)) {
            return Flaw.PADDED;
        }
        return response.endsWith(".") ? Flaw.NONE : Flaw.TRUNCATED;
    }

    /** Whether a village has the first value in the text. */
    private boolean isTrue(Subject found, String text) {
        return world.villages().contains(found.village())
                && value(words(text)).equals(Optional.of(world.value(found.village(), found.topic())));
    }

    private static Optional<String> value(List<String> words) {
        return words.stream().filter(word -> topic(word) != null).findFirst();
    }

    private static @Nullable Topic topic(String value) {
        return Arrays.stream(Topic.values())
                .filter(topic -> topic.choices().contains(value))
                .findFirst()
                .orElse(null);
    }

    private static List<String> words(String text) {
        return WORD.matcher(text).results().map(MatchResult::group).toList();
    }
}
