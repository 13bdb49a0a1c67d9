package io.humpback.data.web;

import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
                return "pages " + Sha256.ofAll(all, file -> true) + ", segments of " + segmenter.min() + " to "
                        + segmenter.max() + " characters";
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
                return "segments " + Sha256.ofAll(List.of(file), part -> true);
            }
        };
    }
}
