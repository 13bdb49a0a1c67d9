package io.humpback.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a file is by its first bytes, for those that are not what their name says. */
public final class FileKind {

    /** As many of a file's first bytes as tell its kind. */
    public static final int HEAD = 64;

    /** Name of gzip among the kinds. */
    public static final String GZIP = "gzip";

    /** Name of Parquet among the kinds. */
    public static final String PARQUET = "Parquet";

    private static final String LFS = "version https://git-lfs.github.com/spec/";

    /** What stands in for a file that Git LFS has not fetched, in words that follow "is". */
    public static final String LFS_POINTER =
            "a Git LFS pointer and not the file itself, which \"git lfs pull\" fetches";

    private static final Map<String, String> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put(LFS, LFS_POINTER);
        KINDS.put("\u001f\u008b", GZIP);
        KINDS.put("\u0028\u00b5\u002f\u00fd", "zstd");
        KINDS.put("BZh", "bzip2");
        KINDS.put("\u00fd7zXZ\0", "xz");
        KINDS.put("PK\u0003\u0004", "a zip archive (as .xlsx is)");
        KINDS.put("\u00d0\u00cf\u0011\u00e0", "an old Office document (as .xls is)");
        KINDS.put("PAR1", PARQUET);
        KINDS.put("ARROW1", "an Arrow file");
        KINDS.put("SQLite format 3", "an SQLite database");
        KINDS.put("%PDF-", "PDF");
        KINDS.put("\u00ff\u00fe", "UTF-16");
        KINDS.put("\u00fe\u00ff", "UTF-16");
    }

    private FileKind() {}

    /** {@return what a file with these first bytes is, in words that follow "is"; null if it may be text in UTF-8} */
    public static @Nullable String of(byte[] head) {
        String bytes = new String(head, StandardCharsets.ISO_8859_1);
        for (Map.Entry<String, String> kind : KINDS.entrySet()) {
            if (bytes.startsWith(kind.getKey())) {
                return kind.getValue();
            }
        }
        if (bytes.matches("(?s)(\0[^\0]){2}.*|([^\0]\0){2}.*")) {
            return "UTF-16";
        }
        String markup = bytes.stripLeading().toLowerCase(Locale.ROOT);
        return markup.startsWith("<!doctype html") || markup.startsWith("<html") ? "an HTML page" : null;
    }

    /** {@return whether a Git LFS pointer lies in place of a file} */
    public static boolean isLfsPointer(Path file) throws IOException {
        Places.requireReadable(file);
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LFS.length()), StandardCharsets.ISO_8859_1).equals(LFS);
        }
    }
}
