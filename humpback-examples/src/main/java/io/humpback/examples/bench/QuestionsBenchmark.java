package io.humpback.examples.bench;

import io.humpback.model.LanguageModel;
import io.humpback.model.Listener.Progress;
import io.humpback.question.Question;
import io.humpback.question.Questions;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Asking questions about pairs: the first of eight, or all, of which each kind is two or more.
 *
 * @param count how many are asked
 */
record QuestionsBenchmark(int count) implements PairsBenchmark {

    private static final List<Question> ALL = List.of(
            Question.yesNo("complete", "Does the response answer all that was asked?"),
            Question.yesNo("correct", "Is everything in the response correct?"),
            Question.yesNo("polite", "Is the response polite?"),
            Question.yesNo("advertising", "Does the response advertise something?"),
            Question.choice("kind", "What kind of text is the response?", "answer", "article", "advertisement"),
            Question.choice("reader", "Who is the response written for?", "children", "beginners", "experts"),
            Question.scale("useful", "How useful is the response?", 1, 5),
            Question.scale("clear", "How clear is the response?", 1, 10));

    @Override
    public String key() {
        return "questions_" + count;
    }

    /** Of interest beside each other alone. */
    @Override
    public boolean isDefault() {
        return false;
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) throws IOException {
        LanguageModel model = subject.model(true);
        AtomicReference<Progress> last = new AtomicReference<>();
        Questions questions = Questions.using(model, ALL.subList(0, count)).listener(last::set);
        List<Question.Subject> pairs = workload.pairs(model).stream()
                .map(pair -> Question.Subject.of(
                        pair.example().instruction(), pair.example().response()))
                .toList();
        return notes -> {
            double seconds = Sample.seconds(() -> questions.about(pairs));
            Progress all = Objects.requireNonNull(last.get(), "progress");
            notes.put("computed_tokens_a_pair", (all.promptTokens() - all.sharedTokens()) / pairs.size());
            return new Sample(pairs.size(), seconds);
        };
    }
}
