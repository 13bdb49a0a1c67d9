package io.humpback.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Models and data sets by name: a path where something lies is that path; else {@code org/name}, {@code
 * org/name@revision}, {@code org/name:Q5_K_M} and {@code datasets/org/name} are looked up in the cache of {@code
 * huggingface_hub}, without a request if all that is needed is there, and fetched into it if not. The environment says which
 * hub, cache and token, by the names that Python's client reads: {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code HF_ENDPOINT},
 * {@code HF_TOKEN}, {@code HF_HUB_OFFLINE}, {@code HTTPS_PROXY}. Immutable, and safe for use from many threads and processes.
 */
public final class Hub {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_INDEX = 4 << 20;

    /** Disk that is left free. */
    private static final long MARGIN = 64 << 20;

    /** Follows what is fetched. */
    public interface Listener {

        /** Passes everything over. */
        Listener NONE = new Listener() {};

        /** Writes what is fetched, and what the user should know, to the system's logger. */
        Listener LOG = new Listener() {

            private final System.Logger log = System.getLogger(Hub.class.getName());

            @Override
            public void fetching(String what, Path into, int files, long bytes) {
                log.log(Level.INFO, "{0}: fetching {1} files, {2} bytes, into {3}", what, files, bytes, into);
            }

            @Override
            public void told(String line) {
                log.log(Level.WARNING, line);
            }
        };

        /**
         * Files are about to be fetched.
         *
         * @param what whose files
         * @param into the cache
         * @param files how many
         * @param bytes that they have together
         */
        default void fetching(String what, Path into, int files, long bytes) {}

        /**
         * How far they are.
         *
         * @param bytes of the files that are there; fewer than before where a file had to be begun again
         */
        default void progressed(long bytes) {}

        /** All of them are there, or none will come. */
        default void ended() {}

        /** Something that the user should know, in one line. */
        default void told(String line) {}
    }

    /** Which of the files of a data set are wanted. */
    @FunctionalInterface
    public interface Choice {

        /**
         * {@return the paths that are wanted}
         *
         * @param all paths of the data set
         */
        List<String> of(Collection<String> all) throws IOException;
    }

    private final HubSettings settings;
    private final HubClient client;
    private final Listener listener;

    private Hub(HubSettings settings, HubClient client, Listener listener) {
        this.settings = settings;
        this.client = client;
        this.listener = listener;
    }

    /**
     * {@return the hub that the process's environment names}
     *
     * @throws IOException if the environment cannot be understood; the message names the variable
     */
    public static Hub ofEnvironment() throws IOException {
        return of(System.getenv());
    }

    /**
     * {@return the hub that an environment names}
     *
     * @param environment variables and their values
     * @throws IOException if it cannot be understood; the message names the variable
     */
    public static Hub of(Map<String, String> environment) throws IOException {
        return of(environment, Duration.ofMillis(500));
    }

    static Hub of(Map<String, String> environment, Duration firstWait) throws IOException {
        HubSettings settings = HubSettings.of(environment, Path.of(System.getProperty("user.home")));
        return new Hub(settings, new HubClient(settings, firstWait), Listener.NONE);
    }

    /** {@return the same hub that reports what it fetches} */
    public Hub listening(Listener other) {
        return new Hub(settings, client, Objects.requireNonNull(other, "listener"));
    }

    /** {@return the same hub that fetches nothing} */
    public Hub offline() {
        HubSettings offline = new HubSettings(
                settings.endpoint(),
                settings.cache(),
                settings.token(),
                settings.tokenFrom(),
                true,
                settings.timeout(),
                settings.proxies());
        return new Hub(offline, client, listener);
    }

    /** {@return the models in the cache by names that {@link #model} takes, with where they lie} */
    public SortedMap<String, Path> models() throws IOException {
        SortedMap<String, Path> models = new TreeMap<>();
        if (!Files.isDirectory(cache())) {
            return models;
        }
        List<Path> folders;
        try (Stream<Path> all = Files.list(cache())) {
            folders = all.filter(folder -> folder.getFileName().toString().startsWith("models--"))
                    .toList();
        }
        for (Path folder : folders) {
            String text = folder.getFileName()
                    .toString()
                    .substring("models--".length())
                    .replaceFirst("--", "/");
            HubName name = HubName.of(text).orElse(null);
            if (name != null) {
                Repository repository = new Repository(cache(), name);
                Optional<String> commit = repository.commit();
                if (commit.isPresent()) {
                    Listing present = repository.present(commit.get());
                    for (HubName one : Selection.names(name, present.files().keySet())) {
                        inCache(repository, present, present, all -> Selection.of(one, all))
                                .ifPresent(path -> models.put(one.toString(), path));
                    }
                }
            }
        }
        return models;
    }

    /** {@return where the files are kept} */
    public Path cache() {
        return settings.cache();
    }

    /** {@return the hub, the cache and whether there is a token, in a line; the token itself is not told} */
    @Override
    public String toString() {
        return settings.toString();
    }

    /**
     * {@return where a model or adapter lies: the path that is given if anything is there or if it has not the form of a name, else a
     * folder or file in the cache}
     *
     * @param name a path or a name
     * @throws IOException if it has the form of a name, but what it names cannot be fetched; the message says what to do
     */
    public Path model(String name) throws IOException {
        Optional<HubName> found = HubName.of(name).filter(hub -> !hub.dataset() && !exists(name));
        return found.isEmpty() ? local(name) : model(found.get());
    }

    /**
     * {@return where a data set lies: the path that is given, unless it has the form {@code datasets/org/name} and nothing is
     * there; else its folder in the cache, or a file in that if the name has one}
     *
     * @param name a path or a name
     * @param choice of the files that are fetched, where the name has none
     * @throws IOException if it has the form of a name, but what it names cannot be fetched; the message says what to do
     */
    public Path data(String name, Choice choice) throws IOException {
        Optional<HubName> found = HubName.of(name).filter(hub -> hub.dataset() && !exists(name));
        if (found.isEmpty()) {
            return local(name);
        }
        String file = found.get().file();
        Selector selector = all -> {
            List<String> wanted = file == null ? choice.of(all) : List.of(file);
            if (!all.containsAll(wanted)) {
                throw new IOException(found.get() + ": no such file in the data set");
            }
            return new Selection(wanted, null, file == null ? "" : file);
        };
        return find(found.get(), selector);
    }

    /** {@return whether a text is the name of something on the hub rather than a path: it has the form, and nothing is there} */
    public static boolean isName(String text) {
        return HubName.of(text).isPresent() && !exists(text);
    }

    /** {@return what a model or data set is called: {@code org/name} in a cache of the hub, elsewhere the last part of the path} */
    public static String nameOf(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        for (Path at = absolute; at.getParent() != null; at = at.getParent()) {
            Path repository = at.getParent().getParent();
            if (at.getParent().endsWith("snapshots") && repository != null && repository.getFileName() != null) {
                String folder = repository.getFileName().toString();
                String name = folder.replaceFirst("^(models|datasets)--", "").replaceFirst("--", "/");
                if (HubName.isCommit(at.getFileName().toString())
                        && folder.matches("(models|datasets)--.+")
                        && HubName.of(name).isPresent()) {
                    return name;
                }
            }
        }
        Path last = absolute.getFileName();
        return last == null ? absolute.toString() : last.toString();
    }

    private static boolean exists(String path) {
        try {
            return Files.exists(Path.of(path));
        } catch (InvalidPathException e) {
            return false; // a colon, on Windows
        }
    }

    private static Path local(String path) throws IOException {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new IOException(path + ": neither a path nor a name such as org/name:Q5_K_M", e);
        }
    }

    private Path model(HubName name) throws IOException {
        return find(name, all -> Selection.of(name, all));
    }

    /** What of a repository's files is needed. */
    private interface Selector {
        Selection of(Collection<String> all) throws IOException;
    }

    private Path find(HubName name, Selector selector) throws IOException {
        Repository repository = new Repository(settings.cache(), name);
        Optional<String> commit = repository.commit();
        Listing known = null;
        if (commit.isPresent()) {
            Listing present = repository.present(commit.get());
            known = repository.listing(commit.get()).orElse(null);
            Optional<Path> here = inCache(repository, present, known == null ? present : known, selector);
            if (here.isPresent()) {
                return here.get();
            }
        }
        if (settings.offline()) {
            throw new IOException(name + ": no such path here, and not all of it in " + settings.cache()
                    + ", with HF_HUB_OFFLINE set");
        }
        Listing listing = known != null && select(selector, known).isPresent() ? known : ask(name);
        Selection wanted = selector.of(listing.files().keySet());
        fetch(name, repository, listing, wanted.files());
        if (wanted.index() != null) {
            Path index = repository.snapshot(listing.commit()).resolve(wanted.index());
            fetch(name, repository, listing, shards(name, index, listing.files().keySet()));
        }
        repository.keep(listing);
        repository.refer(listing.commit());
        return opened(repository, listing.commit(), wanted);
    }

    /** {@return what is wanted of the files that a commit is known to have, where all of that is here} */
    private static Optional<Path> inCache(Repository repository, Listing present, Listing known, Selector selector)
            throws IOException {
        Optional<Selection> wanted = select(selector, known);
        Collection<String> there = present.files().keySet();
        if (wanted.isEmpty()
                || there.isEmpty()
                || !there.containsAll(wanted.get().files())) {
            return Optional.empty();
        }
        String index = wanted.get().index();
        if (index != null) {
            List<String> shards =
                    shards(null, repository.snapshot(present.commit()).resolve(index), List.of());
            if (!there.containsAll(shards)) {
                return Optional.empty();
            }
        }
        return Optional.of(opened(repository, present.commit(), wanted.get()));
    }

    /** {@return what is wanted of some files, if it is among them: the hub may have more} */
    private static Optional<Selection> select(Selector selector, Listing listing) {
        try {
            return Optional.of(selector.of(listing.files().keySet()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path opened(Repository repository, String commit, Selection wanted) {
        Path snapshot = repository.snapshot(commit);
        return wanted.open().isEmpty() ? snapshot : snapshot.resolve(wanted.open());
    }

    /** {@return the files of a revision, as the hub lists them} */
    private Listing ask(HubName name) throws IOException {
        byte[] answer = client.describe(name);
        Listing listing = Listing.ofAnswer(answer);
        if (listing == null) {
            throw new IOException(name + ": " + settings.endpoint()
                    + " answers something else than a commit and its files, expected a hub");
        }
        String id = Listing.idOfAnswer(answer);
        if (id != null && !id.equalsIgnoreCase(name.repository())) {
            listener.told(
                    name + " has been renamed, expected " + HubClient.quoted(id).replace("\"", ""));
        }
        if (HubName.isCommit(name.revision()) && !listing.commit().equals(name.revision())) {
            throw new IOException(name + ": the hub answers about commit " + listing.commit());
        }
        return listing;
    }

    /** {@return the files that an index of shards names} */
    private static List<String> shards(@Nullable HubName name, Path index, Collection<String> all) throws IOException {
        TreeSet<String> shards = new TreeSet<>();
        if (Files.size(index) <= MAX_INDEX) {
            JsonNode map = JSON.readTree(index.toFile()).path("weight_map");
            map.forEach(file -> shards.add(file.asText("")));
        }
        for (String shard : shards) {
            if (name != null && (!shard.endsWith(".safetensors") || !all.contains(shard))) {
                throw new IOException(name + ": " + index.getFileName() + " names " + HubClient.quoted(shard)
                        + ", expected a .safetensors file of the repository");
            }
        }
        return List.copyOf(shards);
    }

    private void fetch(HubName name, Repository repository, Listing listing, List<String> paths) throws IOException {
        Map<String, HubFile> missing = new LinkedHashMap<>();
        for (String path : paths) {
            if (!HubName.isPath(path)) {
                throw new IOException(name + ": the hub names a file " + HubClient.quoted(path)
                        + ", expected a path below the repository");
            }
            if (!repository.has(listing.commit(), path)) {
                HubFile known = listing.files().get(path);
                missing.put(path, known == null ? client.head(name, listing.commit(), path) : known);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        requireRoom(name, repository, missing.values());
        long bytes = missing.values().stream().mapToLong(HubFile::size).sum();
        listener.fetching(name.toString(), cache(), missing.size(), bytes);
        try {
            long before = 0;
            for (Map.Entry<String, HubFile> one : missing.entrySet()) {
                fetch(name, repository, listing.commit(), one.getKey(), one.getValue(), before);
                before += one.getValue().size();
            }
        } finally {
            listener.ended();
        }
    }

    private void fetch(HubName name, Repository repository, String commit, String path, HubFile file, long before)
            throws IOException {
        Path blob = repository.blob(file);
        Runnable waiting = () -> listener.told(name.file(path) + ": another process fetches it, waiting");
        try (BlobLock lock = BlobLock.acquire(repository.lock(file), waiting)) {
            Objects.requireNonNull(lock);
            if (!Files.isRegularFile(blob) || Files.size(blob) != file.size()) {
                new Download(client, name, commit, path, file, done -> listener.progressed(before + done)).to(blob);
            }
            repository.link(file, commit, path);
        }
        listener.progressed(before + file.size());
    }

    private void requireRoom(HubName name, Repository repository, Collection<HubFile> missing) throws IOException {
        Path folder = repository.create();
        long needed = 0;
        for (HubFile file : missing) {
            Path blob = repository.blob(file);
            Path part = Download.incomplete(blob);
            needed += Files.exists(blob) ? 0 : file.size() - (Files.exists(part) ? Files.size(part) : 0);
        }
        long free = Files.getFileStore(folder).getUsableSpace();
        if (needed > free - MARGIN) {
            throw new IOException(name + ": needs " + needed / 1_000_000 + " MB on the disk of " + settings.cache()
                    + ", where " + free / 1_000_000 + " MB are free; make room, or set HF_HUB_CACHE to another disk");
        }
    }
}
