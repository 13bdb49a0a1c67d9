package io.humpback;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.humpback.data.Candidate;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Scored candidates kept in a temporary file, which only its owner can read, until the last of them is known. It
 * is written once, read once, and deleted when closed.
 */
final class Spool implements AutoCloseable {

    private static final TypeReference<Scored<Candidate>> ROW = new TypeReference<>() {};

    // ASCII, so that unpaired surrogates survive; and no limit for what was written here
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .configure(JsonWriteFeature.ESCAPE_NON_ASCII, true)
                    .build())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private @Nullable Path file;
    private @Nullable Reader reader;

    /** Writes all rows. */
    void write(Iterator<Scored<Candidate>> rows) {
        try {
            Path created = Files.createTempFile(TemporaryFiles.folder(), "candidates", ".jsonl");
            file = created;
            try (Writer writer = Files.newBufferedWriter(created, StandardCharsets.US_ASCII);
                    SequenceWriter sequence =
                            JSON.writerFor(ROW).withRootValueSeparator("\n").writeValues(writer)) {
                while (rows.hasNext()) {
                    sequence.write(rows.next());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the rows that were written} */
    Iterator<Scored<Candidate>> read() {
        try {
            Reader opened = Files.newBufferedReader(file, StandardCharsets.US_ASCII);
            reader = opened;
            return JSON.readerFor(ROW).readValues(opened);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (reader != null) {
                reader.close();
            }
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
