package io.humpback.quality;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.Rows;
import io.humpback.internal.ContentId;
import io.humpback.internal.JsonFields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Labels that people gave to pairs, found by the pair's id or by the pair itself. Not thread-safe. */
public final class Labels {

    /** Names of the field that holds a label. */
    public static final List<String> FIELDS = List.of("label", "rating", "human");

    /** Of ratings from 1 to 5, those of pairs that are good. */
    private static final double GOOD = 4;

    /** Name of the field that holds the probability with which a row was drawn to be labelled. */
    public static final String DRAWN_WITH = "drawn_with";

    private record Label(double value, double drawnWith) {}

    private static final Label NONE = new Label(Double.NaN, Double.NaN);

    private final Map<String, Label> labels = new HashMap<>();
    private final Set<String> found = new HashSet<>();

    private Labels() {}

    /** {@return no labels} */
    public static Labels none() {
        return new Labels();
    }

    /**
     * {@return the labels of a file of any kind that {@link Rows} reads, see {@link #of(Stream)}}
     *
     * @throws DataException if a row cannot be read, or is not of that kind
     */
    public static Labels read(Path file) throws IOException {
        try (Stream<Row> rows = Rows.read(Objects.requireNonNull(file, "file"), Rejects.refuse())) {
            return of(rows);
        }
    }

    /**
     * {@return the labels of rows with {@code id}, or {@code instruction} and {@code response}, and a number as
     * {@code label}, {@code rating} or {@code human}; {@code drawn_with} is the probability with which the row was drawn to
     * be labelled}
     *
     * @throws DataException if a row is not like that, or contradicts an earlier one
     */
    public static Labels of(Stream<Row> rows) {
        Labels labels = new Labels();
        for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
            Row row = each.next();
            String key = key(row.fields());
            double label = of(row.fields());
            if (key.isEmpty() || Double.isNaN(label)) {
                throw new DataException(
                        row.rejection("expected a number as label, rating or human, and id or instruction and response")
                                .toString());
            }
            if (row.fields().hasNonNull(DRAWN_WITH) && !(drawnWith(row.fields()) > 0 && drawnWith(row.fields()) <= 1)) {
                throw new DataException(row.rejection(DRAWN_WITH + ": found "
                                + row.fields().get(DRAWN_WITH) + ", expected a probability in (0, 1]")
                        .toString());
            }
            Label other = labels.labels.put(key, new Label(label, drawnWith(row.fields())));
            if (other != null && other.value != label) {
                throw new DataException(row.rejection("label " + label + ", but " + other.value + " in an earlier row")
                        .toString());
            }
        }
        return labels;
    }

    /** {@return the probability with which a row was drawn to be labelled; NaN if it does not say so} */
    public static double drawnWith(ObjectNode row) {
        return number(row, DRAWN_WITH);
    }

    /** {@return the labels that the command {@code label} has left in a folder as {@code labels.jsonl}; none without the file} */
    public static Labels inFolder(Path folder) throws IOException {
        Path file = folder.resolve("labels.jsonl");
        return Files.exists(file) ? read(file) : none();
    }

    private static String key(ObjectNode row) {
        if (row.hasNonNull("id")) {
            return "id " + row.get("id").asText();
        }
        return row.path("instruction").isTextual() && row.path("response").isTextual()
                ? ContentId.of(
                        row.get("instruction").textValue(), row.get("response").textValue())
                : "";
    }

    /** {@return the label in a row; NaN if there is none} */
    public static double of(ObjectNode row) {
        return FIELDS.stream()
                .mapToDouble(field -> number(row, field))
                .filter(label -> !Double.isNaN(label))
                .findFirst()
                .orElse(Double.NaN);
    }

    /** {@return the number in a field, of a truth value 1 or 0, also as a text; NaN if there is none} */
    public static double number(ObjectNode row, String name) {
        return JsonFields.numberOrTruth(row.path(name));
    }

    /** {@return the label of a pair with an id, or an empty one; NaN if there is none} */
    public double of(String id, String instruction, String response) {
        return find(id, instruction, response).value;
    }

    /** {@return the probability with which a pair was drawn to be labelled; NaN if that is not known} */
    public double drawnWith(String id, String instruction, String response) {
        return find(id, instruction, response).drawnWith;
    }

    private Label find(String id, String instruction, String response) {
        if (labels.isEmpty()) {
            return NONE;
        }
        String content = ContentId.of(instruction, response);
        for (String key : new String[] {"id " + id, content, "id " + content}) {
            Label label = labels.get(key);
            if (label != null) {
                found.add(key);
                return label;
            }
        }
        return NONE;
    }

    /** {@return how many labels there are} */
    public int size() {
        return labels.size();
    }

    /** {@return how many of them belong to a pair that was looked up} */
    public int found() {
        return found.size();
    }

    /** {@return the least label of a good pair: 1 where all labels are 0 or 1, else 4} */
    public static double good(double[] labels) {
        return Arrays.stream(Objects.requireNonNull(labels, "labels")).allMatch(label -> label == 0 || label == 1)
                ? 1
                : GOOD;
    }
}
