package io.humpback.onnx.cache;

import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Fingerprints of large files, which take seconds to compute, by the files' stamps: a file that has not been touched has the
 * fingerprint that it had. Faults of the cache have no consequence but time.
 */
public final class FingerprintMemo {

    private static final int MOST = 500;

    /** A file that was changed as short a time ago may be changed again without a change of its times. */
    private static final long RECENT_MILLIS = 2_000;

    private final Path folder;

    /** A memo in a folder of caches. */
    public FingerprintMemo(Path cache) {
        folder = cache.resolve("fingerprints");
    }

    /**
     * {@return the fingerprint that was kept}
     *
     * @param beginning what else the fingerprint depends on
     * @param files stamps of the files
     */
    public Optional<String> find(String beginning, List<FileStamp> files) {
        Path kept = place(beginning, files);
        try {
            if (!Files.isRegularFile(kept)) {
                return Optional.empty();
            }
            String text = Files.readString(kept);
            Files.setLastModifiedTime(kept, FileTime.fromMillis(System.currentTimeMillis()));
            return Optional.of(text).filter(found -> found.matches("[0-9a-f]{64}"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Keeps a fingerprint, unless the files are so new that they may still be written. */
    public void keep(String beginning, List<FileStamp> files, String fingerprint) {
        long now = System.currentTimeMillis();
        if (files.stream().anyMatch(file -> file.latest() > now - RECENT_MILLIS)) {
            return;
        }
        try {
            Files.createDirectories(folder);
            AtomicFiles.write(place(beginning, files), fingerprint);
            forgetOldest();
        } catch (IOException e) {
            // it is computed again
        }
    }

    private Path place(String beginning, List<FileStamp> files) {
        MessageDigest digest = Sha256.digest();
        digest.update(beginning.getBytes(StandardCharsets.UTF_8));
        files.forEach(file -> digest.update(("\n\n" + file.text()).getBytes(StandardCharsets.UTF_8)));
        return folder.resolve(HexFormat.of().formatHex(digest.digest()));
    }

    private void forgetOldest() throws IOException {
        Map<Path, FileTime> kept = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path one : all.toList()) {
                kept.put(one, Files.getLastModifiedTime(one));
            }
        }
        List<Path> oldest = kept.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getValue))
                .limit(Math.max(0, kept.size() - MOST))
                .map(Map.Entry::getKey)
                .toList();
        for (Path one : oldest) {
            Files.deleteIfExists(one);
        }
    }
}
