package io.humpback.data.file;

import io.humpback.data.DataException;
import io.humpback.internal.FileNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a folder by split, as the hub finds them: {@code data/train-00000-of-00001.parquet}, {@code
 * test.jsonl}, {@code validation/0.csv}. What names no split is train. Hidden files and the hub's own are passed over.
 */
final class Splits {

    private static final int DEPTH = 4;
    private static final String DATA = "data/";
    private static final Pattern SHARD = Pattern.compile("(\\w+(?:\\.\\w+)*)-\\d{5}-of-\\d{5}(?:-[0-9a-f]+)?\\..*");
    private static final Pattern ROWS = Pattern.compile(".+\\.(parquet|jsonl|ndjson|json|csv|tsv)");
    private static final Set<String> NO_ROWS =
            Set.of("dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json", "config.json");
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("train", "train"),
            Map.entry("training", "train"),
            Map.entry("validation", "validation"),
            Map.entry("valid", "validation"),
            Map.entry("val", "validation"),
            Map.entry("dev", "validation"),
            Map.entry("test", "test"),
            Map.entry("testing", "test"),
            Map.entry("eval", "test"),
            Map.entry("evaluation", "test"));

    private final String folder;
    private final Map<String, List<String>> files;

    private Splits(String folder, Map<String, List<String>> files) {
        this.folder = folder;
        this.files = files;
    }

    /** {@return the files of some splits of a folder on this disk} */
    static List<Path> files(Path folder, List<String> splits) throws IOException {
        List<String> names;
        try (Stream<Path> all = Files.walk(folder, DEPTH + 1)) {
            names = all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .toList();
        }
        return of(folder.toString(), names).files(splits).stream()
                .map(folder::resolve)
                .toList();
    }

    /**
     * {@return the files of a folder, or of its folder {@code data} if there is one}
     *
     * @param folder its name, for messages
     * @param names paths of its files, with slashes
     * @throws DataException if there are none, or if they lie in several folders that are no splits, each a data set of its own
     */
    static Splits of(String folder, Collection<String> names) {
        Path root = Path.of(names.stream().anyMatch(name -> name.startsWith(DATA)) ? DATA : "");
        Map<String, List<String>> files = new TreeMap<>();
        Set<String> sets = new TreeSet<>();
        for (String name : names.stream().sorted().toList()) {
            Path file = Path.of(name);
            Path inside = root.toString().isEmpty() ? file : root.relativize(file);
            if (file.startsWith(root.toString().isEmpty() ? file : root)
                    && inside.getNameCount() <= DEPTH
                    && isRows(inside)) {
                files.computeIfAbsent(split(inside), split -> new ArrayList<>()).add(name);
                sets.add(set(inside));
            }
        }
        if (files.isEmpty()) {
            throw new DataException(folder + ": no .parquet, .jsonl, .json, .csv or .tsv in this folder");
        } else if (sets.size() > 1) {
            throw new DataException(
                    folder + ": found several data sets, " + String.join(", ", sets) + ", expected the folder of one");
        }
        return new Splits(folder, files);
    }

    /** {@return the files of some splits; of train, or of the only split, where none is named} */
    List<String> files(List<String> names) {
        List<String> wanted = new ArrayList<>();
        for (String name : names.isEmpty() ? List.of(usual()) : names) {
            List<String> found = files.get(name);
            if (found == null) {
                throw new DataException(
                        folder + ": found the splits " + String.join(", ", files.keySet()) + ", expected " + name);
            }
            wanted.addAll(found);
        }
        return wanted;
    }

    private String usual() {
        List<String> train =
                files.keySet().stream().filter(name -> name.startsWith("train")).toList();
        if (files.containsKey("train")) {
            return "train";
        } else if (files.size() == 1 || train.size() == 1) {
            return train.isEmpty() ? files.keySet().iterator().next() : train.get(0);
        }
        throw new DataException(folder + ": found the splits " + String.join(", ", files.keySet())
                + ", expected one of them to be named");
    }

    private static boolean isRows(Path file) {
        for (Path part : file) {
            if (part.toString().startsWith(".")) {
                return false;
            }
        }
        String name = FileNames.unpacked(file);
        return ROWS.matcher(name).matches() && !NO_ROWS.contains(name) && !name.endsWith(".rejected.jsonl");
    }

    private static String split(Path file) {
        Matcher shard = SHARD.matcher(file.getFileName().toString());
        if (shard.matches()) {
            return shard.group(1);
        }
        for (int i = file.getNameCount() - 1; i >= 0; i--) {
            Optional<String> split = word(file.getName(i));
            if (split.isPresent()) {
                return split.get();
            }
        }
        return "train";
    }

    /** The split that a word in a name says. */
    private static Optional<String> word(Path name) {
        return Stream.of(name.toString().toLowerCase(Locale.ROOT).split("[^a-z]+"))
                .filter(WORDS::containsKey)
                .map(WORDS::get)
                .findFirst();
    }

    /** The folders of a file that name no split. */
    private static String set(Path file) {
        List<String> folders = new ArrayList<>();
        for (int i = 0; i < file.getNameCount() - 1; i++) {
            if (word(file.getName(i)).isEmpty()) {
                folders.add(file.getName(i).toString());
            }
        }
        return folders.isEmpty() ? "." : String.join("/", folders);
    }
}
