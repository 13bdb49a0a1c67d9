package io.humpback.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of one commit by their path. A file is null where its name alone is known. Kept as {@code huggingface_hub} keeps
 * its own listings.
 *
 * @param commit 40 hexadecimal digits
 */
record Listing(String commit, SortedMap<String, @Nullable HubFile> files) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Above what the largest repositories have. */
    private static final long MAX_BYTES = 64 << 20;

    /** {@return what the hub answers about a revision; null where it is something else} */
    static @Nullable Listing ofAnswer(byte[] answer) {
        try {
            JsonNode json = JSON.readTree(answer);
            String commit = json.path("sha").asText("");
            if (!HubName.isCommit(commit) || !json.path("siblings").isArray()) {
                return null;
            }
            SortedMap<String, @Nullable HubFile> files = new TreeMap<>();
            for (JsonNode sibling : json.path("siblings")) {
                JsonNode large = sibling.path("lfs");
                HubFile file = large.isObject()
                        ? new HubFile(
                                large.path("size").asLong(-1),
                                large.path("sha256").asText(large.path("oid").asText("")))
                        : new HubFile(
                                sibling.path("size").asLong(-1),
                                sibling.path("blobId").asText(""));
                files.put(sibling.path("rfilename").asText(""), file.isWhole() ? file : null);
            }
            return new Listing(commit, files);
        } catch (IOException e) {
            return null;
        }
    }

    /** {@return the name under which the hub knows a repository, from what it answers; null where it tells none} */
    static @Nullable String idOfAnswer(byte[] answer) {
        try {
            return JSON.readTree(answer).path("id").textValue();
        } catch (IOException e) {
            return null;
        }
    }

    /** {@return a kept listing, if there is one that can be read} */
    static Optional<Listing> read(Path file, String commit) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            if (json.path("format_version").asInt() != 1 || !json.path("files").isObject()) {
                return Optional.empty();
            }
            SortedMap<String, @Nullable HubFile> files = new TreeMap<>();
            for (Map.Entry<String, JsonNode> entry : json.path("files").properties()) {
                JsonNode of = entry.getValue();
                HubFile found = of.hasNonNull("lfs_sha256")
                        ? new HubFile(
                                of.path("lfs_size").asLong(-1),
                                of.path("lfs_sha256").asText(""))
                        : new HubFile(
                                of.path("size").asLong(-1), of.path("blob_id").asText(""));
                files.put(entry.getKey(), found.isWhole() ? found : null);
            }
            return Optional.of(new Listing(commit, files));
        } catch (JsonProcessingException e) {
            return Optional.empty(); // the hub is asked again
        }
    }

    void write(Path file) throws IOException {
        ObjectNode json = JSON.createObjectNode().put("format_version", 1);
        ObjectNode all = json.putObject("files");
        files.forEach((name, found) -> {
            ObjectNode one = all.putObject(name);
            if (found != null && found.hash().length() == 40) {
                one.put("size", found.size()).put("blob_id", found.hash());
            } else if (found != null) {
                one.put("size", found.size()).put("lfs_sha256", found.hash()).put("lfs_size", found.size());
            }
        });
        Files.createDirectories(file.resolveSibling("."));
        AtomicFiles.write(file, json.toString());
    }
}
