package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageSegmenterTest {

    @TempDir
    private Path folder;

    private final SparkSession spark = Sessions.local();

    private List<Row> segments(String... paths) {
        Dataset<Row> files =
                spark.createDataset(Arrays.asList(paths), Encoders.STRING()).toDF("path");
        return new PageSegmenter().transform(files.coalesce(1)).collectAsList();
    }

    @Test
    void theSegmentsAreTheSegmenters() throws IOException {
        Path archive = ReferenceData.file("data/web-pages-debian-handbook.tar.gz");
        List<String> expected;
        try (Stream<Page> pages = WebPages.with(Rejects.refuse()).read(archive)) {
            expected = Segmenter.paper()
                    .segments(pages, new SegmentFunnel())
                    .map(Segment::toString)
                    .toList();
        }
        assertTrue(expected.size() > 100);
        assertEquals(
                expected,
                segments(archive.toUri().toString()).stream()
                        .map(row -> new Segment(
                                        row.getAs("id"),
                                        row.getAs("source"),
                                        row.getAs("title"),
                                        row.getAs("header"),
                                        row.getAs("index"),
                                        row.getAs("text"))
                                .toString())
                        .toList());
    }

    @Test
    void aFileThatCannotBeReadIsARowWithAnErrorAndTheOthersAreRead() throws IOException {
        Path page = Files.writeString(folder.resolve("fox.html"), """
                <html><head><title>Foxes</title></head><body><h1>Where foxes live</h1>
                <p>The red fox lives in woods and at their borders, on heaths and in the middle of large cities. It digs an
                earth of several rooms, or moves into one that a badger has left.</p>
                <p>By day it sleeps there; at dusk it sets out to look for mice, beetles, berries and whatever people throw
                away. A pair keeps the same ground for years, and both parents bring food to the cubs.</p>
                <p>The cubs are born blind in March or April and stay below ground for their first month. In summer they play before
                the earth while the vixen hunts; in autumn the young dogs leave, and may walk two hundred miles before they
                find ground of their own. Few foxes grow older than four years, though in captivity some have reached fifteen.</p></body></html>
                """);
        Path damaged = Files.writeString(folder.resolve("damaged.warc.gz"), "no archive");
        Path notes = Files.writeString(folder.resolve("notes.pdf"), "no page");
        List<String> errors = new ArrayList<>();
        List<String> headers = new ArrayList<>();
        for (Row row : segments("/no/such/page.html", notes.toString(), null, damaged.toString(), page.toString())) {
            (row.isNullAt(6) ? headers : errors).add(row.getString(row.isNullAt(6) ? 3 : 6));
        }
        assertEquals(List.of("Where foxes live"), headers);
        assertEquals(4, errors.size(), errors::toString);
        assertEquals("NoSuchFileException: /no/such/page.html", errors.get(0));
        assertTrue(errors.get(1).contains("expected .html"), errors::toString);
        assertEquals("path: found null, expected the name of a file", errors.get(2));
    }
}
