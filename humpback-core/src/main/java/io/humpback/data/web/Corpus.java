package io.humpback.data.web;

import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Where segments come from. Gives the same segments in the same order each time it is asked. */
public interface Corpus {

    /**
     * {@return the segments, lazily; to be closed}
     *
     * @param rejects gets what cannot be read
     * @param funnel counts the sections of pages that became no segment
     */
    Stream<Segment> segments(Rejects rejects, SegmentFunnel funnel) throws IOException;

    /** {@return a text that changes with the segments: a run that was begun with another one does not go on} */
    String fingerprint() throws IOException;

    /** {@return segments, of the paper's length, of web pages that {@link WebPages} reads} */
    static Corpus pages(Path path) {
        return pages(List.of(Objects.requireNonNull(path, "path")), Segmenter.paper());
    }

    /** {@return segments of web pages that {@link WebPages} reads, cut by a segmenter} */
    static Corpus pages(List<Path> paths, Segmenter segmenter) {
        List<Path> all = List.copyOf(Objects.requireNonNull(paths, "paths"));
        Objects.requireNonNull(segmenter, "segmenter");
        return new Corpus() {
            @Override
            public Stream<Segment> segments(Rejects rejects, SegmentFunnel funnel) {
                WebPages reader = WebPages.with(rejects);
                return all.stream().flatMap(path -> {
                    try {
                        return segmenter.segments(reader.read(path), funnel);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }

            @Override
            public String fingerprint() throws IOException {
                return "pages " + hash(all) + ", segments of " + segmenter.min() + " to " + segmenter.max()
                        + " characters";
            }
        };
    }

    /** {@return the rows of JSON Lines: {@code text}, and where known {@code source}, {@code title}, {@code header}} */
    static Corpus segments(Path file) {
        Objects.requireNonNull(file, "file");
        return new Corpus() {
            @Override
            public Stream<Segment> segments(Rejects rejects, SegmentFunnel funnel) throws IOException {
                return JsonLines.read(file, rejects).flatMap(row -> {
                    if (!row.fields().path("text").isTextual()) {
                        rejects.accept(row.rejection("no text, expected a field of that name"));
                        return Stream.empty();
                    }
                    return Stream.of(Segment.of(
                            row.fields().path("source").asText(""),
                            row.fields().path("title").asText(""),
                            row.fields().path("header").asText(""),
                            row.fields().path("index").asInt(0),
                            row.fields().path("text").textValue()));
                });
            }

            @Override
            public String fingerprint() throws IOException {
                return "segments " + hash(List.of(file));
            }
        };
    }

    /** {@return the first 20 hexadecimal digits of the SHA-256 of files: their names below the given ones, and contents} */
    private static String hash(List<Path> paths) throws IOException {
        MessageDigest digest = Sha256.digest();
        for (Path path : paths) {
            if (!Files.exists(path)) {
                throw new NoSuchFileException(path.toString());
            }
            List<Path> files;
            try (Stream<Path> walk = Files.walk(path)) {
                files = walk.filter(Files::isRegularFile).sorted().toList();
            }
            for (Path file : files) {
                byte[] name = path.relativize(file).toString().getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(12)
                        .putInt(name.length)
                        .putLong(Files.size(file))
                        .array());
                digest.update(name);
                Sha256.add(file, digest);
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 10);
    }
}
