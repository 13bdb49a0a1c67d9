package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.ContentId;
import io.humpback.internal.JsonFields;
import io.humpback.quality.Labels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of two files that belong to the same pairs: joined by {@code id} where every row of both has one, else by the pair
 * itself where one file has fewer rows and every row of both holds it, else row by row. What cannot be read ends it: a row left
 * out would shift all that follow.
 *
 * @param left the first file's numbers
 * @param right the second one's, of the same pairs
 * @param lengths characters of the responses in the first file; null where a row has none
 * @param unmatched rows without a partner; 0 if joined row by row
 * @param alone numbers of the first file without a partner
 * @param drawnWith the probability with which each of the second file's rows was drawn; NaN where it does not say so
 */
public record PairedNumbers(
        double[] left, double[] right, double @Nullable [] lengths, int unmatched, double[] alone, double[] drawnWith) {

    /** {@return the name of the field that holds a row's label} */
    public static String labelField(ObjectNode row) throws BadRow {
        List<String> found = Labels.FIELDS.stream().filter(row::hasNonNull).toList();
        if (found.size() != 1) {
            throw new BadRow((found.isEmpty() ? "no label" : String.join(" and ", found)) + ", expected one of "
                    + String.join(", ", Labels.FIELDS));
        }
        return found.get(0);
    }

    /** Names the field of a row that counts. */
    public interface Field {
        String of(ObjectNode row) throws BadRow;
    }

    /** One number, and what identifies its row. */
    private record Entry(@Nullable String id, @Nullable String pair, int length, double number, double drawnWith) {}

    /** {@return the numbers of both files} */
    public static PairedNumbers join(Input input, Path leftFile, Field leftField, Path rightFile, Field rightField)
            throws IOException {
        List<Entry> left = read(input, leftFile, leftField);
        List<Entry> right = read(input, rightFile, rightField);
        List<Entry> both = Stream.concat(left.stream(), right.stream()).toList();
        if (both.stream().allMatch(entry -> entry.id != null)) {
            return byKey(leftFile, left, rightFile, right, Entry::id);
        }
        return left.size() != right.size() && both.stream().allMatch(entry -> entry.pair != null)
                ? byKey(leftFile, left, rightFile, right, Entry::pair)
                : byRow(leftFile, left, rightFile, right);
    }

    private static PairedNumbers byRow(Path leftFile, List<Entry> left, Path rightFile, List<Entry> right) {
        if (left.size() != right.size()) {
            throw new DataException(rightFile + ": " + right.size() + " rows, expected " + left.size() + " as in "
                    + leftFile + ", or an id in every row of both");
        }
        for (int i = 0; i < left.size(); i++) {
            String pair = left.get(i).pair;
            String other = right.get(i).pair;
            if (pair != null && other != null && !pair.equals(other)) {
                throw new DataException(rightFile + ": row " + (i + 1) + " is of another pair than that of " + leftFile
                        + ", expected the same order, or an id in every row of both");
            }
        }
        return new PairedNumbers(numbers(left), numbers(right), lengths(left), 0, new double[0], drawnWith(right));
    }

    private static PairedNumbers byKey(
            Path leftFile, List<Entry> left, Path rightFile, List<Entry> right, Function<Entry, @Nullable String> key) {
        Map<String, Entry> partners = index(rightFile, right, key);
        List<Entry> matched = new ArrayList<>();
        List<Entry> theirs = new ArrayList<>();
        List<Entry> alone = new ArrayList<>();
        for (Map.Entry<String, Entry> entry : index(leftFile, left, key).entrySet()) {
            Entry partner = partners.get(entry.getKey());
            if (partner != null) {
                matched.add(entry.getValue());
                theirs.add(partner);
            } else {
                alone.add(entry.getValue());
            }
        }
        int unmatched = left.size() + right.size() - 2 * matched.size();
        return new PairedNumbers(
                numbers(matched), numbers(theirs), lengths(matched), unmatched, numbers(alone), drawnWith(theirs));
    }

    private static Map<String, Entry> index(Path file, List<Entry> entries, Function<Entry, @Nullable String> key) {
        Map<String, Entry> byKey = new LinkedHashMap<>();
        for (Entry entry : entries) {
            String of = Objects.requireNonNull(key.apply(entry));
            if (byKey.put(of, entry) != null) {
                throw new DataException(
                        file + ": " + (of.equals(entry.id) ? "id " + of : "a pair") + " twice, expected each once");
            }
        }
        return byKey;
    }

    private static double[] numbers(List<Entry> entries) {
        return entries.stream().mapToDouble(Entry::number).toArray();
    }

    private static double[] drawnWith(List<Entry> entries) {
        return entries.stream().mapToDouble(Entry::drawnWith).toArray();
    }

    private static double @Nullable [] lengths(List<Entry> entries) {
        return entries.stream().allMatch(entry -> entry.length >= 0)
                ? entries.stream().mapToDouble(Entry::length).toArray()
                : null;
    }

    private static List<Entry> read(Input input, Path file, Field field) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (InputRows opened = input.openAny(file);
                Stream<Row> rows = opened.rows(Rejects.refuse())) {
            opened.requireAny();
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                Row row = each.next();
                try {
                    entries.add(entry(row.fields(), field.of(row.fields())));
                } catch (BadRow e) {
                    throw new DataException(
                            row.rejection(String.valueOf(e.getMessage())).toString());
                }
            }
        }
        return entries;
    }

    private static Entry entry(ObjectNode row, String field) throws BadRow {
        JsonNode id = row.get("id");
        JsonNode instruction = row.path("instruction");
        JsonNode response = row.get("response");
        boolean pair = instruction.isTextual() && response != null && response.isTextual();
        return new Entry(
                id == null || id.isNull() ? null : id.asText(),
                pair ? ContentId.of(instruction.textValue(), response.textValue()) : null,
                response != null && response.isTextual() ? response.textValue().length() : -1,
                number(row, field),
                drawnWith(row));
    }

    private static double drawnWith(ObjectNode row) throws BadRow {
        if (!row.hasNonNull(Labels.DRAWN_WITH)) {
            return Double.NaN;
        }
        double probability = JsonFields.number(row.get(Labels.DRAWN_WITH));
        if (!(probability > 0 && probability <= 1)) {
            throw new BadRow(Labels.DRAWN_WITH + ": " + JsonFields.found(row.get(Labels.DRAWN_WITH))
                    + ", expected a probability in (0, 1]");
        }
        return probability;
    }

    private static double number(ObjectNode row, String name) throws BadRow {
        JsonNode value = row.get(name);
        double number = JsonFields.numberOrTruth(value);
        if (!Double.isFinite(number)) {
            throw new BadRow(name + ": " + JsonFields.found(value) + ", expected a number");
        }
        return number;
    }
}
