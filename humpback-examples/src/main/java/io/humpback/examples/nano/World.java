package io.humpback.examples.nano;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * A small made world: villages, each with one value for every {@link Topic}. All there is to know about it is known, so
 * that what a model writes or rates can be held against the truth. Two worlds have villages of the same names and other
 * facts: who learns the language of many worlds does not know the facts of any.
 */
public final class World {

    /** Every name that a village can have. */
    public static final List<String> NAMES = names();

    private final Map<String, Map<Topic, String>> facts;

    private World(Map<String, Map<Topic, String>> facts) {
        this.facts = facts;
    }

    /**
     * {@return a world}
     *
     * @param villages how many, 2 to 80
     */
    public static World of(long seed, int villages) {
        if (villages < 2 || villages > NAMES.size()) {
            throw new IllegalArgumentException("villages = " + villages + ": expected 2 to " + NAMES.size());
        }
        Random random = new Random(seed);
        List<String> names = new ArrayList<>(NAMES);
        Collections.shuffle(names, random);
        Map<String, Map<Topic, String>> facts = new LinkedHashMap<>();
        for (String name : names.subList(0, villages)) {
            Map<Topic, String> values = new EnumMap<>(Topic.class);
            for (Topic topic : Topic.values()) {
                values.put(
                        topic,
                        topic.choices().get(random.nextInt(topic.choices().size())));
            }
            facts.put(name, values);
        }
        return new World(facts);
    }

    /** {@return the names of the villages, in the order in which they were drawn} */
    public List<String> villages() {
        return List.copyOf(facts.keySet());
    }

    /** {@return what is true of a village, such as {@code "pottery"}} */
    public String value(String village, Topic topic) {
        Map<Topic, String> values = facts.get(village);
        if (values == null) {
            throw new IllegalArgumentException("village " + village + ": not in this world");
        }
        return Objects.requireNonNull(values.get(topic)); // every village has all
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        for (String first : "Alder Birch Cedar Copper Hazel Maple Nettle Pebble Silver Winter".split(" ")) {
            for (String second : "ford moor field bridge haven stead dale mouth".split(" ")) {
                names.add(first + second);
            }
        }
        return List.copyOf(names);
    }
}
