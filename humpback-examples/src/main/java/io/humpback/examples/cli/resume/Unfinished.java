package io.humpback.examples.cli.resume;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.Sha256;
import io.humpback.internal.TemporaryFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is done of a command's work that takes long, in a folder beside its output: the settings that decide the result, a
 * {@link Journal} for the step that is worked on, and a note for each step that is done. One process at a time works on it.
 * The folder is gone when all is done, and when a process ends before there is anything to go on with.
 */
public final class Unfinished implements Closeable {

    private static final String SETTINGS = "settings.json";
    private static final String LOCK = "lock";
    private static final String JOURNAL = ".journal";
    private static final String DONE = ".done.json";

    /** Known only when the models are loaded, and compared then. */
    private static final Set<String> MODELS = Set.of("--model", "--writer", "--judge-model", "judge");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final boolean lasting;
    private final Map<String, String> settings;
    private @Nullable FileChannel lock;
    private Map<String, String> before = Map.of();
    private boolean kept; // the settings are on disk: there is something to go on with
    private boolean refused; // there is no going on as it is
    private String step = "the work";
    private @Nullable Journal journal;

    private Unfinished(Path folder, boolean lasting, Map<String, String> settings) {
        this.folder = folder;
        this.lasting = lasting;
        this.settings = new LinkedHashMap<>(settings);
    }

    /**
     * {@return the work in a folder, or a beginning}
     *
     * @param folder need not be there; its parent is
     * @param settings all that decides the result but the models, by the names that their user knows
     * @param restart whether to forget what is there
     * @throws DataException if it was begun with other settings, or another process works on it
     */
    public static Unfinished open(Path folder, Map<String, String> settings, boolean restart) throws IOException {
        Places.requireFolder(folder);
        Unfinished unfinished = new Unfinished(folder, true, settings);
        try {
            if (Files.isDirectory(folder)) {
                unfinished.claim();
                if (restart) {
                    unfinished.clear();
                }
                unfinished.compare();
            }
            return unfinished;
        } catch (IOException | RuntimeException e) {
            ReadFaults.closeQuietly(unfinished.lock);
            throw e;
        }
    }

    /** {@return work that nobody can go on with, since its rows come and go where they can be read once} */
    public static Unfinished passing() throws IOException {
        return new Unfinished(TemporaryFiles.newFolder("rows"), false, Map.of());
    }

    private void claim() throws IOException {
        while (lock == null) {
            Files.createDirectories(folder);
            Path file = folder.resolve(LOCK);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() == null) {
                    throw new OverlappingFileLockException();
                }
            } catch (OverlappingFileLockException e) { // of this process, or as above of another one
                channel.close();
                throw new DataException(folder + ": another process works on it, expected to be the only one");
            }
            if (Files.exists(file)) {
                lock = channel;
            } else {
                channel.close(); // another process has just ended, and taken its folder with it
            }
        }
    }

    private void compare() throws IOException {
        Path file = folder.resolve(SETTINGS);
        if (!Files.exists(file)) {
            clear(); // of a process that was killed before anything was done
            return;
        }
        try {
            before = JSON.readValue(file.toFile(), new TypeReference<Map<String, String>>() {});
        } catch (JsonProcessingException e) {
            throw refused(file + ": found something else than settings; --restart begins anew");
        }
        kept = true;
        Set<String> names = new LinkedHashSet<>(settings.keySet());
        names.addAll(before.keySet());
        names.removeAll(MODELS);
        for (String name : names) {
            requireSame(name);
        }
    }

    private void requireSame(String name) {
        String now = settings.getOrDefault(name, "none");
        String then = before.getOrDefault(name, "none");
        if (!now.equals(then)) {
            throw refused(Rejection.oneLine(folder + ": " + name + ": found " + now + ", expected " + then
                    + ", with which the work there was begun; --restart begins anew"));
        }
    }

    private DataException refused(String message) {
        refused = true;
        return new DataException(message);
    }

    /**
     * Refuses a model that gives other results than the one that the work was begun with.
     *
     * @param option the one that names it: {@code --model}, {@code --writer} or {@code --judge-model}, or {@code judge}
     * @param fingerprint null if there is none
     */
    public void requireModel(String option, @Nullable String fingerprint) {
        if (fingerprint != null) {
            settings.put(option, fingerprint);
        }
        if (kept) {
            requireSame(option);
        }
    }

    /** {@return the summary of a step that was done by an earlier process, whose file must be as it was} */
    public Optional<ObjectNode> done(String name, Path file) throws IOException {
        Path note = folder.resolve(name + DONE);
        if (!kept || !Files.exists(note)) {
            return Optional.empty();
        }
        ObjectNode fields = (ObjectNode) JSON.readTree(note.toFile());
        if (!Files.exists(file) || !Sha256.of(file).equals(fields.path("sha256").textValue())) {
            throw refused(file + ": found other rows than " + name
                    + " wrote, expected them for the steps that are left; --restart begins anew");
        }
        return Optional.of((ObjectNode) fields.get("summary"));
    }

    /** {@return the journal of a step; to be closed before the next one} */
    public Journal journal(String name) throws IOException {
        claim();
        step = name;
        journal = null;
        Journal opened = Journal.open(folder.resolve(name + JOURNAL), this::keep);
        journal = opened;
        return opened;
    }

    private void keep() throws IOException {
        if (!kept && lasting) {
            AtomicFiles.write(folder.resolve(SETTINGS), JSON.writeValueAsString(settings));
            kept = true;
        }
    }

    /** A step is done, and its file in place. */
    public void finished(String name, ObjectNode summary, Path file) throws IOException {
        keep();
        ObjectNode note = JSON.createObjectNode().put("sha256", Sha256.of(file));
        AtomicFiles.write(
                folder.resolve(name + DONE), note.set("summary", summary).toString());
        Files.deleteIfExists(folder.resolve(name + JOURNAL));
    }

    /** All is done and in place. */
    public void complete() throws IOException {
        clear();
    }

    /** Deletes what lies in the folder, the settings first: without them the rest is nothing. */
    private void clear() throws IOException {
        Files.deleteIfExists(folder.resolve(SETTINGS));
        kept = false;
        if (Files.isDirectory(folder)) {
            List<Path> left;
            try (Stream<Path> files = Files.list(folder)) {
                left = files.filter(file -> file.getFileName().toString().endsWith(JOURNAL)
                                || file.getFileName().toString().endsWith(DONE))
                        .toList();
            }
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
            AtomicFiles.sweep(folder, "");
        }
    }

    /**
     * {@return what is kept of work that a failure has ended; empty where nothing was done}
     *
     * @param how such as "was interrupted"
     */
    public Optional<String> rest(String how) {
        String rows = step + " " + how + (journal == null ? "" : " after " + journal.rows() + " rows");
        if (kept && !refused) {
            return Optional.of(rows + "; started again, the same command goes on there");
        }
        return lasting || journal == null || journal.rows() == 0
                ? Optional.empty()
                : Optional.of(rows + ", of which nothing is kept: they come from a pipe or go to standard output");
    }

    /** {@return a stop, with what is kept} */
    public RuntimeException stopped(RuntimeException cause) {
        return rest("was interrupted")
                .<RuntimeException>map(message -> new StoppedException(message, cause))
                .orElse(cause);
    }

    /** Lets other processes work on it; where there is nothing to go on with, the folder is gone. */
    @Override
    public void close() throws IOException {
        if (lock == null) {
            return;
        }
        if (!kept) {
            clear();
            deleteQuietly(folder.resolve(LOCK)); // a process that waits for it sees that it is gone
        }
        ReadFaults.closeQuietly(lock);
        if (!kept) {
            deleteQuietly(folder.resolve(LOCK)); // where the system does not delete open files
            deleteQuietly(folder);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // not empty, or another process is at work there already
        }
    }
}
