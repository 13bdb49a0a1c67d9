package io.humpback.hub;

import io.humpback.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A repository's folder in the cache, laid out as {@code huggingface_hub} does: contents in {@code blobs} by their hash, links
 * to them in {@code snapshots/COMMIT} by their name, the commit of a branch or tag in {@code refs}.
 */
final class Repository {

    /** Where listings are that this library has fetched; a listing of Python's says that all of it is wanted. */
    private static final String LISTINGS = ".humpback";

    private static final String PYTHONS_LISTINGS = "trees";
    private static final int DEPTH = 12;

    private final Path cache;
    private final Path folder;
    private final HubName name;

    Repository(Path cache, HubName name) {
        this.cache = cache;
        this.name = name;
        folder = cache.resolve(name.folder());
    }

    /** {@return the commit that the name means, if the cache knows} */
    Optional<String> commit() throws IOException {
        if (HubName.isCommit(name.revision())) {
            return Optional.of(name.revision());
        }
        Path ref = folder.resolve("refs").resolve(name.revision());
        if (!Files.isRegularFile(ref) || Files.size(ref) > 100) {
            return Optional.empty();
        }
        return Optional.of(Files.readString(ref).strip()).filter(HubName::isCommit);
    }

    /** {@return what is known of a commit's files without the hub} */
    Optional<Listing> listing(String commit) throws IOException {
        for (String kept : new String[] {PYTHONS_LISTINGS, LISTINGS}) {
            Optional<Listing> found = Listing.read(folder.resolve(kept).resolve(commit + ".json"), commit);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    void keep(Listing listing) throws IOException {
        if (listing(listing.commit()).isEmpty()) {
            listing.write(folder.resolve(LISTINGS).resolve(listing.commit() + ".json"));
        }
    }

    /** {@return the files of a commit that are here, with nothing but their names} */
    Listing present(String commit) throws IOException {
        Path snapshot = snapshot(commit);
        SortedMap<String, @Nullable HubFile> files = new TreeMap<>();
        if (Files.isDirectory(snapshot)) {
            try (Stream<Path> all = Files.walk(snapshot, DEPTH)) {
                all.filter(Files::isRegularFile)
                        .forEach(file ->
                                files.put(snapshot.relativize(file).toString().replace('\\', '/'), null));
            }
        }
        return new Listing(commit, files);
    }

    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    boolean has(String commit, String path) {
        return HubName.isPath(path) && Files.isRegularFile(snapshot(commit).resolve(path));
    }

    Path blob(HubFile file) {
        return folder.resolve("blobs").resolve(file.hash());
    }

    Path lock(HubFile file) {
        return cache.resolve(".locks").resolve(name.folder()).resolve(file.hash() + ".lock");
    }

    /** {@return the folder, in which files can be made} */
    Path create() throws IOException {
        Files.createDirectories(folder.resolve("blobs"));
        return folder;
    }

    /** Gives a content that is here its name in a commit; moves it there where the system has no links. */
    void link(HubFile file, String commit, String path) throws IOException {
        Path wanted = snapshot(commit).resolve(path);
        Path blob = blob(file);
        Path parent = Files.createDirectories(Objects.requireNonNull(wanted.getParent(), "folder"));
        if (Files.exists(wanted) && Files.exists(blob) && Files.isSameFile(wanted, blob)) {
            return;
        }
        Path temporary = AtomicFiles.temporary(wanted);
        try {
            Files.createSymbolicLink(temporary, parent.relativize(blob));
            Files.move(temporary, wanted, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (UnsupportedOperationException | FileSystemException e) {
            // no links here, or none allowed, as on Windows: a snapshot then holds contents, as Python's does
            Files.deleteIfExists(temporary);
            if (e instanceof FileAlreadyExistsException) {
                throw (FileAlreadyExistsException) e;
            }
            Files.move(blob, wanted, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Notes which commit a branch or tag means now; its files are here. */
    void refer(String commit) throws IOException {
        if (!HubName.isCommit(name.revision())) {
            Path ref = folder.resolve("refs").resolve(name.revision());
            if (!Files.exists(ref) || !Files.readString(ref).equals(commit)) {
                Files.createDirectories(Objects.requireNonNull(ref.getParent(), "folder"));
                AtomicFiles.write(ref, commit);
            }
        }
    }
}
