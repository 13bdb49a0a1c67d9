package io.humpback.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Files that take the place of older ones together. No system renames several at once; so what is to be done is first
 * written into a journal beside them. A process that dies before leaves all as it was; one that dies after leaves the
 * journal, and whoever {@linkplain #complete reads or writes there next} does the rest.
 */
public final class Replacement {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path target;
    private final Path folder;
    private final Map<Path, Optional<Path>> changes = new LinkedHashMap<>();
    private byte @Nullable [] said; // in the journal, if there is one: the names in it make it unlike any other

    /** Nothing yet; the files lie in the folder of {@code target}, or below, and the journal is named after it. */
    public Replacement(Path target) {
        this.target = target.toAbsolutePath().normalize();
        this.folder = Objects.requireNonNull(this.target.getParent(), "folder");
    }

    private Path journal() {
        return folder.resolve("." + target.getFileName() + ".commit");
    }

    /** A complete file, whose keeper this is from now on, is to have another name. */
    public void appear(Path temporary, Path wanted) {
        changes.put(wanted.toAbsolutePath().normalize(), Optional.of(temporary.toAbsolutePath()));
    }

    /** A file, if there is one, is to be gone. */
    public void disappear(Path file) {
        if (Files.exists(file)) {
            changes.put(file.toAbsolutePath().normalize(), Optional.empty());
        }
    }

    /** Makes all happen; on disk when this returns. If it cannot begin, all is as it was. */
    public void commit() throws IOException {
        try {
            for (Path temporary : temporaries()) {
                AtomicFiles.force(temporary);
            }
            if (changes.size() > 1) { // else one name changes at once
                begin();
            }
        } catch (IOException e) {
            Files.deleteIfExists(journal());
            discard();
            throw e;
        }
        try {
            end();
        } catch (IOException e) {
            if (changes.size() == 1) { // no journal keeps it for later
                discard();
            }
            throw e;
        }
    }

    /** Leaves all as it was. */
    public void discard() throws IOException {
        for (Path temporary : temporaries()) {
            Files.deleteIfExists(temporary);
        }
    }

    private Set<Path> temporaries() {
        return changes.values().stream().flatMap(Optional::stream).collect(Collectors.toSet());
    }

    /** Writes the journal. */
    void begin() throws IOException {
        ObjectNode journal = JSON.createObjectNode();
        for (Map.Entry<Path, Optional<Path>> change : changes.entrySet()) {
            if (Files.isDirectory(change.getKey())) {
                throw new IOException(change.getKey() + ": found a folder, expected a file to write");
            }
            journal.put(
                    folder.relativize(change.getKey()).toString(),
                    change.getValue()
                            .map(file -> folder.relativize(file).toString())
                            .orElse(null));
        }
        said = journal.toString().getBytes(StandardCharsets.UTF_8);
        AtomicFiles.write(journal(), said);
    }

    /** Does what is left to do. Another process may do the same at the same time, and be ahead by more than that. */
    void end() throws IOException {
        for (Map.Entry<Path, Optional<Path>> change : changes.entrySet()) {
            if (!isLeft()) {
                return;
            } else if (change.getValue().isPresent()) {
                move(change.getValue().get(), change.getKey());
            } else {
                Files.deleteIfExists(change.getKey());
            }
        }
        for (Path changed : changes.keySet().stream().map(Path::getParent).collect(Collectors.toSet())) {
            AtomicFiles.forceFolder(changed);
        }
        if (isLeft()) {
            Files.deleteIfExists(journal());
        }
    }

    /** {@return whether nobody else has come to the end: then a newer replacement may have begun} */
    private boolean isLeft() throws IOException {
        try {
            return said == null || Arrays.equals(said, Files.readAllBytes(journal()));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static void move(Path temporary, Path wanted) throws IOException {
        try {
            Files.move(temporary, wanted, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            if (!Files.exists(wanted)) { // else it has been moved
                throw e;
            }
        }
    }

    /** Does what a process that died has left to do of a replacement that was named after a file or folder. */
    public static void complete(Path target) throws IOException {
        Replacement left = left(target).orElse(null);
        try {
            if (left != null) {
                left.end();
            }
        } catch (NoSuchFileException e) {
            throw new IOException(
                    left.journal() + ": names " + e.getFile() + ", which is not there; delete the journal", e);
        }
    }

    /** {@return what the journal of a file or folder says, if there is one} */
    static Optional<Replacement> left(Path target) throws IOException {
        if (target.toAbsolutePath().normalize().getParent() == null) {
            return Optional.empty();
        }
        Replacement left = new Replacement(target);
        Path journal = left.journal();
        if (!Files.isRegularFile(journal, LinkOption.NOFOLLOW_LINKS) || !isOwn(journal)) {
            return Optional.empty();
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(journal);
        } catch (NoSuchFileException e) {
            return Optional.empty(); // completed by another process
        }
        if (!left.take(bytes)) {
            throw new IOException(journal + ": found something else than the journal of " + left.target.getFileName()
                    + ", which names files of its own alone; delete it");
        }
        return Optional.of(left);
    }

    /** Takes over what a journal says; anybody may have written it, so all of it is checked before anything happens. */
    private boolean take(byte[] journal) {
        try {
            if (!(JSON.readTree(journal) instanceof ObjectNode entries)) {
                return false;
            }
            for (Map.Entry<String, JsonNode> entry : entries.properties()) {
                Path wanted = below(entry.getKey());
                Path temporary = entry.getValue().isNull()
                        ? null
                        : below(entry.getValue().textValue());
                if (!isOfTarget(folder.relativize(wanted))
                        || temporary != null && !AtomicFiles.isTemporary(temporary)
                        || temporary == null && !entry.getValue().isNull()) {
                    return false;
                }
                changes.put(wanted, Optional.ofNullable(temporary));
            }
            said = journal;
            return true;
        } catch (IOException | IllegalArgumentException e) { // among them paths that are none
            return false;
        }
    }

    /** {@return a file in the folder, links followed} */
    private Path below(@Nullable String name) throws IOException {
        if (name != null && !Path.of(name).isAbsolute()) {
            Path file = folder.resolve(name).normalize();
            Path parent = file.getParent();
            if (parent != null
                    && !file.equals(folder)
                    && parent.startsWith(folder)
                    && parent.toRealPath().startsWith(folder.toRealPath())) {
                return file;
            }
        }
        throw new IllegalArgumentException(name + ": not in the folder");
    }

    /** {@return whether a file is the target, below it, or named after it, as {@code a.rejected.jsonl} is after {@code a.jsonl}} */
    private boolean isOfTarget(Path relative) {
        String name = target.getFileName().toString();
        String first = relative.getName(0).toString();
        int dot = name.indexOf('.', 1);
        return first.equals(name)
                || relative.getNameCount() == 1 && first.startsWith(dot < 0 ? name + "." : name.substring(0, dot + 1));
    }

    /** In a folder where everybody may write, a journal of somebody else could have files moved that only we may move. */
    private static boolean isOwn(Path journal) throws IOException {
        Path own = Files.createFile(AtomicFiles.temporary(journal));
        try {
            return Files.getOwner(own).equals(Files.getOwner(journal, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return false; // completed by another process
        } finally {
            Files.delete(own);
        }
    }
}
