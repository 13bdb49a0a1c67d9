package io.humpback.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.decision.request.ChoiceQuestion;
import dev.langchain4j.model.decision.request.ScaleQuestion;
import dev.langchain4j.model.decision.request.YesNoQuestion;
import dev.langchain4j.model.decision.response.ChoiceAnswer;
import dev.langchain4j.model.decision.response.DecisionAnswer;
import dev.langchain4j.model.decision.response.ScaleAnswer;
import dev.langchain4j.model.decision.response.YesNoAnswer;
import io.humpback.question.Answer;
import io.humpback.question.Question;
import io.humpback.question.Question.Scale;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A question of a request as it is put to the model.
 *
 * @param question what is asked
 * @param answer makes the answer of a response from the model's
 */
record Asked(Question question, Function<Answer, DecisionAnswer> answer) {

    static Asked of(String name, dev.langchain4j.model.decision.request.Question question) {
        if (question instanceof YesNoQuestion yesNo) {
            return new Asked(Question.yesNo(name, text(yesNo)), answer -> YesNoAnswer.from(probability(answer.yes())));
        } else if (question instanceof ChoiceQuestion choice) {
            return new Asked(Question.choice(name, choice.text(), meanings(choice)), Asked::choice);
        } else if (question instanceof ScaleQuestion scale) {
            Scale asked = scale(name, scale);
            return new Asked(asked, answer -> scale(answer, asked.from()));
        }
        throw new UnsupportedFeatureException("question " + name + ": found a "
                + question.getClass().getSimpleName() + ", expected yes or no, a choice or a scale");
    }

    private static String text(YesNoQuestion question) {
        return question.text() + criterion("\nYes - ", question.yesWhen()) + criterion("\nNo - ", question.noWhen());
    }

    private static String criterion(String option, @Nullable String when) {
        return when == null ? "" : option + when;
    }

    /** An option that is not described is described by its name. */
    private static Map<String, String> meanings(ChoiceQuestion question) {
        Map<String, String> meanings = new LinkedHashMap<>();
        question.options().forEach((option, meaning) -> meanings.put(option, option.equals(meaning) ? "" : meaning));
        return meanings;
    }

    /** Levels that are numbers in their order are asked as they are; other names stand beside numbers from 0. */
    private static Scale scale(String name, ScaleQuestion question) {
        List<String> levels = question.levels();
        int first = first(levels);
        Map<Integer, String> words = new LinkedHashMap<>();
        for (int i = 0; i < levels.size(); i++) {
            String number = Integer.toString(first + i);
            String description = question.levelDescriptions().get(i);
            if (!levels.get(i).equals(number)) {
                words.put(first + i, levels.get(i) + (description == null ? "" : ": " + description));
            } else if (description != null) {
                words.put(first + i, description);
            }
        }
        return new Scale(name, question.text(), first, first + levels.size() - 1, words);
    }

    /** The first of levels that are consecutive numbers, else 0. */
    private static int first(List<String> levels) {
        if (!levels.get(0).matches("-?\\d{1,6}")) {
            return 0;
        }
        int first = Integer.parseInt(levels.get(0));
        boolean numbers =
                IntStream.range(0, levels.size()).allMatch(i -> levels.get(i).equals(Integer.toString(first + i)));
        return numbers ? first : 0;
    }

    private static ChoiceAnswer choice(Answer answer) {
        ChoiceAnswer.Builder choice = ChoiceAnswer.builder().value(answer.mostProbable());
        for (String option : answer.question().options()) {
            choice.probability(option, probability(answer.probability(option)));
        }
        return choice.confidence(1 - answer.outside()).build();
    }

    /** The levels of an answer are counted from 0, whatever they are called. */
    private static ScaleAnswer scale(Answer answer, int first) {
        return ScaleAnswer.builder()
                .mean(answer.expectation() - first)
                .probabilities(
                        answer.probabilities().stream().map(Asked::probability).toList())
                .confidence(1 - answer.outside())
                .build();
    }

    /** What rounding has led above 1 is refused by LangChain4j. */
    private static double probability(double number) {
        return Math.min(number, 1);
    }
}
