package io.humpback.question;

import static io.humpback.internal.Arguments.require;

import io.humpback.Rubric;
import io.humpback.prompt.Fence;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A question with a few possible answers, about a pair or other texts that {@link Questions} show to a model.
 *
 * <pre>{@code
 * Question polite = Question.yesNo("polite", "Is the response polite?");
 * Question kind = Question.choice("kind", "What is the response?", "an answer", "an advertisement", "a story");
 * Question use = Question.scale("use", "How useful is the response?", 1, 10);
 * }</pre>
 */
public sealed interface Question {

    /** {@return a short name for columns and reports, of one line} */
    String name();

    /** {@return the names of the possible answers, in the order of their probabilities: at least two, all different} */
    List<String> options();

    /**
     * Whether something is so.
     *
     * @param name a short name
     * @param text the question, such as {@code Is the response polite?}
     */
    record YesNo(String name, String text) implements Question {
        private static final List<String> OPTIONS = List.of("yes", "no");

        /** Checks that both have text. */
        public YesNo {
            requireTexts(name, text);
        }

        @Override
        public List<String> options() {
            return OPTIONS;
        }
    }

    /**
     * Which of several things it is.
     *
     * @param name a short name
     * @param text the question
     * @param meanings what each option means, by the option's name, in their order; empty texts where the names say it
     */
    record OneOf(String name, String text, Map<String, String> meanings) implements Question {
        /** Copies the options and checks them. */
        public OneOf {
            requireTexts(name, text);
            meanings = Collections.unmodifiableMap(new LinkedHashMap<>(Objects.requireNonNull(meanings, "meanings")));
            require(meanings.size() >= 2, "question " + name + ": options", meanings.keySet(), "at least two");
            meanings.forEach((option, meaning) -> {
                requireLine("question " + name + ": option", option);
                Objects.requireNonNull(meaning, option);
            });
        }

        @Override
        public List<String> options() {
            return List.copyOf(meanings.keySet());
        }
    }

    /**
     * How much, as a whole number.
     *
     * @param name a short name
     * @param text the question
     * @param from the lowest level
     * @param to the highest level, above the lowest; at most 1,001 levels in all
     * @param levels what some levels mean, or all, or none
     */
    record Scale(String name, String text, int from, int to, Map<Integer, String> levels) implements Question {
        /** A scale of 0 to 1000 has so many levels. */
        private static final int MOST_LEVELS = 1001;

        /** Copies the words and checks the range. */
        public Scale {
            requireTexts(name, text);
            Objects.requireNonNull(levels, "levels");
            require(
                    to > from && (long) to - from < MOST_LEVELS,
                    "question " + name + ": scale",
                    from + " to " + to,
                    "2 to " + MOST_LEVELS + " levels, the lowest first");
            Map<Integer, String> words = new LinkedHashMap<>();
            for (int level = from; level <= to; level++) {
                String meaning = levels.get(level);
                if (meaning != null) {
                    words.put(level, meaning.strip());
                }
            }
            require(
                    words.size() == levels.size(),
                    "question " + name + ": levels",
                    levels.keySet(),
                    "numbers from " + from + " to " + to);
            levels = Collections.unmodifiableMap(words);
        }

        @Override
        public List<String> options() {
            return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
        }

        /** {@return a copy in which a level is described} */
        public Scale level(int level, String meaning) {
            Map<Integer, String> words = new LinkedHashMap<>(levels);
            words.put(level, Objects.requireNonNull(meaning, "meaning"));
            return new Scale(name, text, from, to, words);
        }
    }

    /**
     * The rating from 1 to 5 by a rubric, in the rubric's own words: what {@link io.humpback.Scorer} asks. Its prompt has
     * another beginning than those of other questions, so a pair is encoded for it once more.
     *
     * @param rubric the criteria
     */
    record Rating(Rubric rubric) implements Question {
        private static final List<String> OPTIONS =
                Rubric.RATINGS.stream().map(String::strip).toList();

        /** Checks that there is a rubric. */
        public Rating {
            Objects.requireNonNull(rubric, "rubric");
        }

        @Override
        public String name() {
            return rubric.name();
        }

        @Override
        public List<String> options() {
            return OPTIONS;
        }
    }

    /**
     * What questions are about: texts by name, mostly an instruction and a response. Each stands between tags of its name
     * that nothing in it can close.
     *
     * @param texts at least one, in the order in which the model sees them; names as {@link #with} wants them
     */
    record Subject(Map<String, String> texts) {
        private static final String INSTRUCTION = "instruction";
        private static final String RESPONSE = "response";

        /** Copies the texts and checks their names. */
        public Subject {
            texts = Collections.unmodifiableMap(new LinkedHashMap<>(Objects.requireNonNull(texts, "texts")));
            require(!texts.isEmpty(), "texts", texts, "at least one");
            texts.forEach((name, text) -> {
                require(
                        Fence.isName(name),
                        "field",
                        name,
                        "a lower-case letter, then at most 39 letters, digits and _");
                Objects.requireNonNull(text, name);
            });
        }

        /** {@return a pair} */
        public static Subject of(String instruction, String response) {
            Map<String, String> pair = new LinkedHashMap<>();
            pair.put(INSTRUCTION, Objects.requireNonNull(instruction, "instruction"));
            pair.put(RESPONSE, Objects.requireNonNull(response, "response"));
            return new Subject(pair);
        }

        /**
         * {@return a copy with one more text, which the model sees before the instruction and the response}
         *
         * @param name such as {@code context}, {@code reference} or {@code turns}: a lower-case letter, then at most 39
         *     letters, digits and underscores; not one that is there
         * @param text what it says; without text it is left out of the prompt
         */
        public Subject with(String name, String text) {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(text, "text");
            require(!texts.containsKey(name), "field", name, "a name that is not taken");
            Map<String, String> more = new LinkedHashMap<>();
            texts.forEach((known, said) -> {
                if (known.equals(INSTRUCTION) || known.equals(RESPONSE)) {
                    more.putIfAbsent(name, text);
                }
                more.put(known, said);
            });
            more.putIfAbsent(name, text);
            return new Subject(more);
        }
    }

    /**
     * {@return a question whether something is so}
     *
     * @param name a short name
     * @param text such as {@code Is the response polite?}
     */
    static YesNo yesNo(String name, String text) {
        return new YesNo(name, text);
    }

    /**
     * {@return a question which of several things it is}
     *
     * @param name a short name
     * @param text the question
     * @param options the possible answers, at least two, which may be of several words; what all begin with is taken as
     *     given
     */
    static OneOf choice(String name, String text, String... options) {
        Map<String, String> meanings = new LinkedHashMap<>();
        for (String option : Objects.requireNonNull(options, "options")) {
            require(meanings.put(option, "") == null, "question " + name + ": option", option, "each once");
        }
        return new OneOf(name, text, meanings);
    }

    /**
     * {@return a question which of several things it is}
     *
     * @param name a short name
     * @param text the question
     * @param meanings what each possible answer means, by its name, in their order
     */
    static OneOf choice(String name, String text, Map<String, String> meanings) {
        return new OneOf(name, text, meanings);
    }

    /**
     * {@return a question how much} {@link Scale#level} describes levels.
     *
     * @param name a short name
     * @param text the question
     * @param from the lowest level
     * @param to the highest level
     */
    static Scale scale(String name, String text, int from, int to) {
        return new Scale(name, text, from, to, Map.of());
    }

    /** {@return the rating from 1 to 5 by a rubric, under the rubric's name} */
    static Rating of(Rubric rubric) {
        return new Rating(rubric);
    }

    private static void requireTexts(String name, String text) {
        requireLine("question: name", name);
        require(!Objects.requireNonNull(text, "text").isBlank(), "question " + name + ": text", text, "a question");
    }

    private static void requireLine(String what, String text) {
        require(
                !Objects.requireNonNull(text, what).isBlank()
                        && text.strip().equals(text)
                        && text.lines().count() == 1,
                what,
                text,
                "one line of text without space around it");
    }
}
