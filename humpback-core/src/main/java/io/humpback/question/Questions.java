package io.humpback.question;

import static io.humpback.internal.Arguments.require;

import io.humpback.UnscorableException;
import io.humpback.internal.LookAhead;
import io.humpback.model.Choice;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import io.humpback.question.Question.Subject;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a model questions about pairs or other texts, and reads how probable it finds each answer.
 *
 * <pre>{@code
 * Questions questions = Questions.using(model, List.of(
 *         Question.yesNo("polite", "Is the response polite?"),
 *         Question.scale("use", "How useful is the response?", 1, 10)));
 * List<Answer> answers = questions.about("Why is the sky blue?", "Air scatters short waves of light the most.");
 * double polite = answers.get(0).yes();
 * double use = answers.get(1).expectation();
 * }</pre>
 *
 * <p>The texts come first in the prompt and the question last, so several questions cost less than each alone: a model
 * that keeps what prompts begin with reads the texts once. Each answer is what the question alone would get.
 *
 * <p>One subject, a list or a stream is the same computation and gives the same numbers. Pairs that a
 * {@link io.humpback.Scorer} would not show its judge are not asked about here either, nor are subjects without text or
 * those of which a prompt does not fit the model's context: in lists and streams they come out in their place with the
 * reason, a single one throws an {@link UnscorableException}. Immutable and safe for use from many threads.
 */
public final class Questions {

    /**
     * A subject and the answers about it, or why there are none.
     *
     * @param <T> what was asked about
     * @param item what was asked about
     * @param answers one a question, in the order of the questions; empty where nothing was asked
     * @param drop why nothing was asked; null where there are answers
     */
    public record Answered<T>(
            T item, List<Answer> answers, @Nullable Drop drop) {

        /** Copies the list and checks that there is exactly one of the two. */
        public Answered {
            answers = List.copyOf(answers);
            if (answers.isEmpty() == (drop == null)) {
                throw new IllegalArgumentException("answered: expected either answers or why there are none");
            }
        }

        /**
         * {@return the answer to a question}
         *
         * @param name of the question
         * @throws IllegalArgumentException if there is no answer of this name
         */
        public Answer answer(String name) {
            return answers.stream()
                    .filter(answer -> answer.question().name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("answer = " + name + ": expected one of "
                            + answers.stream()
                                    .map(answer -> answer.question().name())
                                    .toList()));
        }
    }

    /** Tokens kept free for an option, at least; as many as a scorer keeps. */
    private static final int REPLY_ROOM = 8;

    private final LanguageModel model;
    private final List<Asked> asked;
    private final String system;

    /** A question as it is put to the model, with the tokens kept free for the reply. */
    private record Asked(Layout layout, int room) {}

    private Questions(LanguageModel model, List<Asked> asked, String system) {
        this.model = model;
        this.asked = asked;
        this.system = system;
    }

    /**
     * {@return what asks a model some questions}
     *
     * @param model answers them
     * @param questions at least one, of different names
     */
    public static Questions using(LanguageModel model, List<? extends Question> questions) {
        Objects.requireNonNull(model, "model");
        List<String> names = Objects.requireNonNull(questions, "questions").stream()
                .map(Question::name)
                .toList();
        require(
                !names.isEmpty() && names.stream().distinct().count() == names.size(),
                "questions",
                names,
                "at least one, and each name once");
        return new Questions(
                model,
                questions.stream()
                        .map(question -> asked(model, Layout.of(question)))
                        .toList(),
                "");
    }

    private static Asked asked(LanguageModel model, Layout layout) {
        int longest = layout.replies().stream()
                .mapToInt(reply -> model.countTokens(Prompt.text(reply)))
                .max()
                .orElseThrow();
        return new Asked(layout, Math.max(REPLY_ROOM, longest));
    }

    /**
     * {@return a copy with a system turn before each question}
     *
     * @param text what it says; empty for no such turn
     */
    public Questions system(String text) {
        return new Questions(model, asked, Objects.requireNonNull(text, "system"));
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model, of which each question is an item
     */
    public Questions listener(Listener listener) {
        return new Questions(model.listening(listener), asked, system);
    }

    /** {@return what is asked, in order} */
    public List<Question> questions() {
        return asked.stream().map(one -> one.layout.question()).toList();
    }

    /**
     * {@return the answers about a pair, one a question}
     *
     * @throws UnscorableException if the pair cannot be shown to the model
     */
    public List<Answer> about(String instruction, String response) {
        return about(Subject.of(instruction, response));
    }

    /**
     * {@return the answers about a subject, one a question}
     *
     * @throws UnscorableException if the subject cannot be shown to the model
     */
    public List<Answer> about(Subject subject) {
        Answered<Subject> answered = about(List.of(subject)).get(0);
        if (answered.drop() != null) {
            throw new UnscorableException(answered.drop());
        }
        return answered.answers();
    }

    /** {@return the subjects in their order, each with its answers or why it has none} */
    public List<Answered<Subject>> about(List<Subject> subjects) {
        try (Stream<Answered<Subject>> answered = about(subjects.stream(), Function.identity())) {
            return answered.toList();
        }
    }

    /**
     * {@return the items in their order, each with its answers or why it has none} Lazy; closing it closes the source.
     *
     * @param items any number of rows, candidates, ...
     * @param subject what is asked about in an item
     * @param <T> an item
     */
    public <T> Stream<Answered<T>> about(Stream<T> items, Function<? super T, Subject> subject) {
        Stream<Reading<T>> readings = ModelStream.<Reading<T>, Choice.Options, Choice>through(
                items.flatMap(item -> ask(item, subject.apply(item))), model::choose, Reading::with);
        Iterator<Reading<T>> source = readings.iterator();
        return new LookAhead<Answered<T>>() {
            @Override
            protected @Nullable Answered<T> advance() {
                if (!source.hasNext()) {
                    return null;
                }
                Reading<T> reading = source.next();
                if (reading.drop != null) {
                    return new Answered<>(reading.item, List.of(), reading.drop);
                }
                List<Answer> answers = new ArrayList<>(List.of(reading.answer(asked.get(0).layout)));
                for (Asked next : asked.subList(1, asked.size())) {
                    answers.add(source.next().answer(next.layout));
                }
                return new Answered<>(reading.item, answers, null);
            }
        }.stream(readings::close);
    }

    /** {@return what is asked about an item, a question each; nothing, once, if the item cannot be shown} */
    private <T> Stream<ModelStream.Ask<Reading<T>, Choice.Options>> ask(T item, Subject subject) {
        Drop drop = check(subject.texts());
        List<ModelStream.Ask<Reading<T>, Choice.Options>> asks = new ArrayList<>();
        for (Asked one : asked) {
            if (drop == null) {
                Prompt.Chat prompt = one.layout.prompt(subject).after(system);
                drop = ModelStream.tooLong(model, prompt, one.room);
                asks.add(new ModelStream.Ask<>(
                        new Reading<>(item, null, null), new Choice.Options(prompt, one.layout.replies())));
            }
        }
        return drop == null ? asks.stream() : Stream.of(new ModelStream.Ask<>(new Reading<>(item, drop, null), null));
    }

    private static @Nullable Drop check(Map<String, String> texts) {
        String instruction = texts.get("instruction");
        String response = texts.get("response");
        if (instruction != null && response != null) {
            return PairChecks.check(instruction, response).orElse(null);
        }
        return texts.values().stream().allMatch(String::isBlank)
                ? new Drop(Drop.Reason.EMPTY, String.join(", ", texts.keySet()) + ": no text")
                : null;
    }

    /** An item on its way with what the model said to one question. */
    private record Reading<T>(
            T item, @Nullable Drop drop, @Nullable Choice choice) {

        Reading<T> with(Choice answered) {
            return new Reading<>(item, null, answered);
        }

        Answer answer(Layout layout) {
            Choice read = Objects.requireNonNull(choice);
            double outside = Math.exp(read.logOther());
            double[] probabilities = read.normalised();
            if (Double.isNaN(probabilities[0] + outside)) {
                throw new ModelException("question " + layout.question().name() + ": probability of "
                        + layout.question().options().get(0) + " " + probabilities[0] + " and " + outside
                        + " for the rest, expected finite numbers");
            }
            List<Double> all = IntStream.range(0, probabilities.length)
                    .mapToObj(i -> probabilities[i])
                    .toList();
            return new Answer(layout.question(), all, Math.min(outside, 1));
        }
    }
}
