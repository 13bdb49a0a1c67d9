package io.humpback.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A name on the hub: {@code org/name}, {@code org/name@revision}, {@code org/name:file}, both as {@code
 * org/name@revision:file}, and each with {@code datasets/} before it.
 *
 * @param dataset whether it is a data set, else a model
 * @param repository such as {@code org/name}
 * @param revision a branch, a tag or a commit; {@value #MAIN} where none is named
 * @param file after the colon: a file, or for models what tells one of several apart, such as {@code Q5_K_M}; null for none
 */
record HubName(
        boolean dataset,
        String repository,
        String revision,
        @Nullable String file) {

    static final String MAIN = "main";

    private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
    private static final Pattern NAME =
            Pattern.compile("(datasets/)?(" + PART + "/" + PART + ")(?:@([^:@\\s]+))?(?::([^:\\s]+))?");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /** {@return the name that a text is, if it has the form of one} */
    static Optional<HubName> of(String text) {
        Matcher found = NAME.matcher(text);
        if (!found.matches()) {
            return Optional.empty();
        }
        String repository = found.group(2);
        String revision = found.group(3) == null ? MAIN : found.group(3);
        boolean taken = repository.startsWith("datasets/"); // of datasets/name, which is no model
        boolean odd = repository.contains("..") || repository.contains("--") || !isPath(revision);
        return taken || odd
                ? Optional.empty()
                : Optional.of(new HubName(found.group(1) != null, repository, revision, found.group(4)));
    }

    /** {@return whether a text names something below a folder, and nothing else} */
    static boolean isPath(String text) {
        if (text.length() > 1000 || !text.matches("[^\\\\:\\p{Cntrl}]+")) {
            return false;
        }
        for (String part : text.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.length() > 255) {
                return false;
            }
        }
        return true;
    }

    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** {@return its folder in the cache} */
    String folder() {
        return (dataset ? "datasets--" : "models--") + repository.replace("/", "--");
    }

    /** {@return its place on the hub, as people open it} */
    String place() {
        return (dataset ? "datasets/" : "") + repository;
    }

    /** {@return its place below the hub's API} */
    String apiPlace() {
        return (dataset ? "datasets/" : "models/") + repository;
    }

    /** {@return the same with another file, or none} */
    HubName file(@Nullable String other) {
        return new HubName(dataset, repository, revision, other);
    }

    @Override
    public String toString() {
        return place() + (revision.equals(MAIN) ? "" : "@" + revision) + (file == null ? "" : ":" + file);
    }
}
