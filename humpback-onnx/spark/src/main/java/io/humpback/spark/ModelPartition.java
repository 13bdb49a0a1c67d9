package io.humpback.spark;

import io.humpback.model.LanguageModel;
import io.humpback.model.ModelException;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * Asks a model about the rows of a partition, a window at a time: its texts are sorted by length, so that those that a GPU computes
 * together need little padding, and come out in their order.
 */
final class ModelPartition implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1;

    /** Rows of a window, at most. */
    static final int WINDOW = 2048;

    /** Characters of a window at which it ends. */
    private static final long CHARACTERS = 4L << 20;

    /** What a model is asked about texts. */
    @FunctionalInterface
    interface Task extends Serializable {

        /**
         * {@return the values of the struct that each row gets, in order}
         *
         * @param texts of each row, none of them null
         */
        List<Object[]> answer(LanguageModel model, List<String[]> texts);
    }

    private final ModelSource source;
    private final String[] names;
    private final int[] columns;
    private final int fields;
    private final Task task;

    /**
     * Asks a model.
     *
     * @param names of the columns with the texts
     * @param in the columns of the rows
     * @param fields of the struct that a row gets, of which the last one says what is wrong
     */
    ModelPartition(ModelSource source, String[] names, StructType in, int fields, Task task) {
        this.source = source;
        this.names = names;
        columns = Arrays.stream(names).mapToInt(in::fieldIndex).toArray();
        this.fields = fields;
        this.task = task;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws Exception {
        if (!rows.hasNext()) {
            return rows;
        }
        SharedModels.Use use = SharedModels.use(source.locate());
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> use.close());
        return new Answers(rows, use.model());
    }

    private final class Answers implements Iterator<Row> {

        private final Iterator<Row> rows;
        private final LanguageModel model;
        private final Deque<Row> ready = new ArrayDeque<>();

        Answers(Iterator<Row> rows, LanguageModel model) {
            this.rows = rows;
            this.model = model;
        }

        @Override
        public boolean hasNext() {
            return !ready.isEmpty() || rows.hasNext();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            if (ready.isEmpty()) {
                answerWindow();
            }
            return ready.remove();
        }

        private void answerWindow() {
            List<Row> window = new ArrayList<>();
            List<Question> questions = new ArrayList<>();
            Object[][] answers = new Object[WINDOW][];
            for (long characters = 0; window.size() < WINDOW && characters < CHARACTERS && rows.hasNext(); ) {
                Row row = rows.next();
                Question question = question(row, window.size());
                if (question == null) {
                    answers[window.size()] = error(fields, missing(row));
                } else {
                    questions.add(question);
                    characters += question.length;
                }
                window.add(row);
            }
            questions.sort(Comparator.comparingLong(Question::length));
            List<Object[]> answered = answer(questions);
            for (int i = 0; i < questions.size(); i++) {
                answers[questions.get(i).place] = answered.get(i);
            }
            for (int i = 0; i < window.size(); i++) {
                ready.add(Columns.add(window.get(i), RowFactory.create(answers[i])));
            }
        }

        private List<Object[]> answer(List<Question> questions) {
            List<String[]> texts = questions.stream().map(Question::texts).toList();
            try {
                return task.answer(model, texts);
            } catch (ModelException | IllegalArgumentException e) {
                // one of the rows was refused: each is asked about by itself, so that the others have their answers
                return texts.stream()
                        .map(row -> alone(task, model, row, fields))
                        .toList();
            }
        }
    }

    /** {@return the answer about one row, which says what is wrong if it is refused} */
    static Object[] alone(Task task, LanguageModel model, String[] texts, int fields) {
        try {
            return task.answer(model, List.<String[]>of(texts)).get(0);
        } catch (ModelException | IllegalArgumentException e) {
            return error(fields, String.valueOf(e.getMessage()));
        }
    }

    private record Question(int place, String[] texts, long length) {}

    private @Nullable Question question(Row row, int place) {
        String[] texts = new String[columns.length];
        long length = 0;
        for (int i = 0; i < columns.length; i++) {
            if (row.isNullAt(columns[i])) {
                return null;
            }
            texts[i] = row.getString(columns[i]);
            length += texts[i].length();
        }
        return new Question(place, texts, length);
    }

    private String missing(Row row) {
        for (int i = 0; i < columns.length; i++) {
            if (row.isNullAt(columns[i])) {
                return names[i] + ": found null, expected text";
            }
        }
        throw new IllegalStateException("no text is missing");
    }

    private static Object[] error(int fields, String message) {
        Object[] answer = new Object[fields];
        answer[fields - 1] = message;
        return answer;
    }
}
