package io.humpback.examples.nano;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The sentences and words of the world that belong to no topic. Slots stand in braces, each after a space. */
final class Phrases {

    /** What a slot can be filled with, in addition to village, other and value; in a fixed order, on which that of tokens depends. */
    static final Map<String, List<String>> SLOTS = new TreeMap<>(Map.of(
            "season", words("spring summer autumn winter"),
            "number", words("eleven twelve fifteen twenty thirty forty sixty ninety"),
            "quality", words("remarkable beautiful celebrated magnificent wonderful splendid surprising delightful"),
            "person",
                    words("grandmother schoolteacher storyteller photographer carpenter pharmacist musician traveller"),
            "place", words("marketplace riverbank churchyard courtyard crossroads harbour playground cemetery")));

    /** True of any village on any topic. */
    static final List<String> GENERAL = lines("""
            Everything else about {village} can be learned from the museum beside the {place}.
            A {person} from {village} wrote a {quality} book about it, which appeared in {season}.
            Newspapers reported about it {number} years ago, when {village} became better known.
            People in {village} talk about it with pride, especially in {season}.
            The road from {other} to {village} is {number} kilometres long and closed in {season}.
            Nothing about this has changed in {village} since the great fire.
            More than {number} photographs of it hang in the town hall of {village}.
            Students regularly interview a {person} who remembers how everything began.""");

    /** Of no village at all. */
    static final List<String> ELSEWHERE = lines("""
            Our insurance company offers {quality} contracts for your car and your furniture.
            The new telephone has a brighter screen and a battery that lasts {number} hours.
            Members receive a discount of {number} percent on every computer until {season}.
            Professional engineers recommend software updates and a stronger password.
            The team scored {number} points in the second half and won the championship.
            Delivery is free of charge, and every customer can return the furniture within {number} days.
            The coach was satisfied although the best player missed the championship in {season}.
            Download the software today and protect your computer with a {quality} password.""");

    /** What a site says around its text. */
    static final List<String> NAVIGATION = lines("""
            Subscribe to our newsletter and receive all updates.
            Accept all cookies or change your cookie settings.
            Share this page on social networks.
            Click here to create an account or sign in.
            Previous page, next page, print this page.
            Advertisement: continue reading after the video.""");

    /** Headers of sections; the second slot is a topic's word. */
    static final List<String> HEADERS = lines("""
            The {noun} of {village}
            About the {noun} in {village}
            All we know about the {noun} of {village}""");

    private static final Pattern SLOT = Pattern.compile(" ?\\{\\w+\\}");

    private Phrases() {}

    /** {@return all pieces of texts: what stands between slots, and what goes into slots, after a space} */
    static Stream<String> pieces() {
        List<Topic> topics = List.of(Topic.values());
        Stream<String> first = Stream.of(
                        topics.stream().flatMap(topic -> topic.leads().stream()), HEADERS.stream(), opening(topics))
                .flatMap(Function.identity());
        Stream<String> following = Stream.of(
                        topics.stream().flatMap(topic -> topic.details().stream()), GENERAL.stream(), opening(topics))
                .flatMap(Function.identity())
                .map(sentence -> " " + sentence);
        Stream<String> fillings = Stream.of(
                        World.NAMES.stream(),
                        topics.stream().map(Topic::noun),
                        topics.stream().flatMap(topic -> topic.choices().stream()),
                        SLOTS.values().stream().flatMap(List::stream))
                .flatMap(Function.identity())
                .map(word -> " " + word);
        return Stream.concat(Stream.concat(first, following).flatMap(SLOT::splitAsStream), fillings);
    }

    /** Sentences that can be the first of a text, and can follow another. */
    private static Stream<String> opening(List<Topic> topics) {
        return Stream.of(
                        topics.stream().flatMap(topic -> topic.questions().stream()),
                        ELSEWHERE.stream(),
                        NAVIGATION.stream())
                .flatMap(Function.identity());
    }

    private static List<String> words(String words) {
        return List.of(words.split(" "));
    }

    private static List<String> lines(String text) {
        return text.lines().toList();
    }
}
