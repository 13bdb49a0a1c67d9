package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.model.LanguageModel;
import io.humpback.question.Answer;
import io.humpback.question.Question.Subject;
import io.humpback.question.Questions;
import io.humpback.question.Questions.Answered;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Questions that the model answers about pairs, from a file. */
public final class QuestionOptions {

    @Option(
            names = "--questions",
            paramLabel = "F",
            description =
                    "Ask these instead of rating: a list in YAML, or in JSON if F ends in .json, of questions with"
                            + " name and ask (answered yes or no), and options (a list, or meanings by name) or from and to (whole"
                            + " numbers; levels: words for some), or rubric: standard, purpose or steps. With keys fields and"
                            + " questions in its place, fields lists columns that the model sees as well (--fields"
                            + " context=COLUMN names one).")
    private @Nullable Path file;

    private @Nullable QuestionFile read;

    /** {@return whether there are any} */
    public boolean areGiven() {
        return file != null;
    }

    /** Refuses a file that cannot be read, and rows without a column that the model is to see. */
    public void require(InputRows rows) {
        if (file != null) {
            questions().fields().forEach(rows::require);
        }
    }

    private QuestionFile questions() {
        if (read == null) {
            try {
                read = QuestionFile.read(Objects.requireNonNull(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return read;
    }

    /** {@return a text that changes with what is asked} */
    public String id() {
        return questions().id();
    }

    /** Writes the pairs of a file with the answers about them, in portions of a number of rows. */
    public void ask(LanguageModel model, InputRows in, int portion, Output out) throws IOException {
        QuestionFile asked = questions();
        ObjectNode judge = JsonLines.row().put("model", model.fingerprint()).put("questions", asked.id());
        PairFormat format = in.pairs();
        Questions questions = Questions.using(model, asked.questions()).listener(out.listener());
        out.inPortions(
                in,
                portion,
                (rows, first) -> answer(
                        questions,
                        rows.flatMap(row -> out.read(row, fields -> about(asked, format, row)).stream()),
                        judge,
                        out),
                row -> {});
    }

    private static void answer(Questions questions, Stream<About> items, ObjectNode judge, Output out)
            throws IOException {
        try (Stream<Answered<About>> answered = questions.about(items, About::subject)) {
            for (Iterator<Answered<About>> each = answered.iterator(); each.hasNext(); ) {
                Answered<About> next = each.next();
                Row row = next.item().row;
                if (next.drop() != null) {
                    out.drop(row, next.drop());
                } else {
                    for (Answer answer : next.answers()) {
                        row.fields().set(answer.question().name(), json(answer));
                    }
                    out.write(row.fields().set("judge", judge));
                }
            }
        }
    }

    /** A row and what is asked about in it. */
    private record About(Row row, Subject subject) {}

    private static About about(QuestionFile asked, PairFormat format, Row row) throws BadRow {
        ObjectNode others = row.fields().deepCopy();
        others.remove(asked.fields()); // else a context would count to the instruction
        ObjectNode pair = Fields.pair(format, others);
        Subject subject = Subject.of(Fields.text(pair, "instruction"), Fields.text(pair, "response"));
        for (String field : asked.fields()) {
            subject = subject.with(field, Fields.textOrEmpty(row.fields(), field));
            if (row.fields().has(field)) {
                pair.set(field, row.fields().get(field));
            }
        }
        return new About(new Row(row.source(), row.line(), pair), subject);
    }

    private static ObjectNode json(Answer answer) {
        ObjectNode json = JsonLines.row();
        if (answer.isNumber()) {
            json.put("expectation", answer.expectation()).put("spread", answer.spread());
        }
        json.put("answer", answer.mostProbable());
        ObjectNode probabilities = json.putObject("probabilities");
        for (int i = 0; i < answer.probabilities().size(); i++) {
            probabilities.put(
                    answer.question().options().get(i), answer.probabilities().get(i));
        }
        return json.put("outside", answer.outside());
    }
}
