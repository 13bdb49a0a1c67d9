package io.humpback.data.file;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What a data set is and how it came about: the {@code README.md} of a {@link HubFolder}. Immutable; texts are shown as
 * they are and never as markup.
 */
public final class DatasetCard {

    private final String title;
    private final String description;
    private final String license;
    private final Map<String, String> settings;
    private final Map<String, Long> counts;
    private final List<Table> tables;

    /** A split: its name, its rows, and their size as JSON Lines. */
    record Split(String name, long rows, long bytes) {}

    /** A table under its heading; the first row names the columns. */
    private record Table(String heading, List<List<String>> rows) {}

    private DatasetCard(
            String title,
            String description,
            String license,
            Map<String, String> settings,
            Map<String, Long> counts,
            List<Table> tables) {
        this.title = title;
        this.description = description;
        this.license = license;
        this.settings = settings;
        this.counts = counts;
        this.tables = tables;
    }

    /** {@return a card with a title alone} */
    public static DatasetCard titled(String title) {
        return new DatasetCard(Objects.requireNonNull(title, "title"), "", "", Map.of(), Map.of(), List.of());
    }

    /** {@return the card with a paragraph under its title} */
    public DatasetCard description(String text) {
        return new DatasetCard(title, Objects.requireNonNull(text, "description"), license, settings, counts, tables);
    }

    /** {@return the card with a licence, named as on the hub, such as "apache-2.0"} */
    public DatasetCard license(String id) {
        return new DatasetCard(title, description, Objects.requireNonNull(id, "license"), settings, counts, tables);
    }

    /** {@return the card with one setting more: a model, a seed, a prompt} */
    public DatasetCard setting(String name, Object value) {
        return new DatasetCard(title, description, license, with(settings, name, value.toString()), counts, tables);
    }

    /** {@return the card with one more count, at least 0: pages, segments, pairs kept} */
    public DatasetCard count(String name, long count) {
        return new DatasetCard(title, description, license, settings, with(counts, name, count), tables);
    }

    /** {@return the card with one more table; each row has a text for each column} */
    public DatasetCard table(String heading, List<String> columns, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        all.add(List.copyOf(columns));
        for (List<String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "table " + heading + ": found a row of " + row.size() + ", expected " + columns.size());
            }
            all.add(List.copyOf(row));
        }
        List<Table> more = new ArrayList<>(tables);
        more.add(new Table(Objects.requireNonNull(heading, "heading"), all));
        return new DatasetCard(title, description, license, settings, counts, more);
    }

    private static <T> Map<String, T> with(Map<String, T> map, String name, T value) {
        Map<String, T> more = new LinkedHashMap<>(map);
        more.put(Objects.requireNonNull(name, "name"), value);
        return more;
    }

    /**
     * The card as Markdown, with the hub's YAML before it.
     *
     * @param fileBytes size of the files
     * @param kind of the files, as {@code load_dataset} names it
     */
    String markdown(Features features, List<Split> splits, long fileBytes, String kind) {
        long rows = splits.stream().mapToLong(Split::rows).sum();
        StringBuilder out = new StringBuilder("---\n");
        if (!license.isEmpty()) {
            out.append("license: ").append(quoted(license)).append('\n');
        }
        out.append("pretty_name: ").append(quoted(title)).append('\n');
        out.append("task_categories:\n- text-generation\n");
        out.append("size_categories:\n- ").append(sizeCategory(rows)).append('\n');
        out.append("tags:\n- synthetic\n- humpback\n- instruction-backtranslation\n");
        out.append("configs:\n- config_name: default\n  data_files:\n");
        for (Split split : splits) {
            out.append("  - split: ").append(split.name());
            out.append("\n    path: data/").append(split.name()).append("-*\n");
        }
        out.append("dataset_info:\n  features:\n").append(features.yaml("  ")).append("  splits:\n");
        for (Split split : splits) {
            out.append("  - name: ").append(split.name());
            out.append("\n    num_bytes: ").append(split.bytes());
            out.append("\n    num_examples: ").append(split.rows()).append('\n');
        }
        out.append("  download_size: ").append(fileBytes);
        out.append("\n  dataset_size: ")
                .append(splits.stream().mapToLong(Split::bytes).sum())
                .append("\n---\n\n# ")
                .append(plain(title))
                .append("\n\n");
        if (!description.isEmpty()) {
            out.append(plain(description)).append("\n\n");
        }
        out.append(rows)
                .append(
                        splits.size() == 1
                                ? " rows"
                                : splits.stream()
                                        .map(split -> split.rows() + " of " + plain(split.name()))
                                        .collect(Collectors.joining(", ", " rows (", ")")))
                .append(". Load them with `datasets.load_dataset(\"")
                .append(kind)
                .append("\", data_files=")
                .append(splits.stream()
                        .map(split -> "\"" + split.name() + "\": \"data/" + split.name() + "-*\"")
                        .collect(Collectors.joining(", ", "{", "})`.\n")));
        table(out, "Settings", settings);
        table(out, "Counts", counts);
        tables.forEach(table -> table(out, table));
        return out.toString();
    }

    private static void table(StringBuilder out, String heading, Map<String, ?> entries) {
        if (!entries.isEmpty()) {
            List<List<String>> rows = new ArrayList<>(List.of(List.of("", "")));
            entries.forEach((name, value) -> rows.add(List.of(name, value.toString())));
            table(out, new Table(heading, rows));
        }
    }

    private static void table(StringBuilder out, Table table) {
        out.append("\n## ").append(plain(table.heading())).append("\n\n");
        for (int i = 0; i < table.rows().size(); i++) {
            table.rows()
                    .get(i)
                    .forEach(cell -> out.append("| ").append(plain(cell)).append(' '));
            out.append("|\n");
            if (i == 0) {
                out.append("| --- ".repeat(table.rows().get(0).size())).append("|\n");
            }
        }
    }

    /** The hub's classes of sizes. */
    private static String sizeCategory(long rows) {
        String[] names = {"n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"};
        int i = 0;
        for (long limit = 1000; rows >= limit && i < names.length - 1; limit *= 10) {
            i++;
        }
        return names[i];
    }

    /** Text as a string in YAML, which takes JSON's. */
    static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    /** Text on one line in which nothing is markup. */
    private static String plain(String text) {
        return text.replaceAll("[\\\\`*_\\[\\]<>#|&~$]", "\\\\$0").replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
    }
}
