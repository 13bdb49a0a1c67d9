package io.humpback.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.humpback.ReferenceData;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitsTest {

    @TempDir
    Path folder;

    /** Files whose one row says their name. */
    private void files(String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            try (RowWriter out = Rows.write(file)) {
                out.write(JsonLines.row().put("text", name));
                out.commit();
            }
        }
    }

    private List<String> read(String... splits) throws IOException {
        try (Stream<Row> rows = RowSource.of(folder).splits(splits).read(Rejects.refuse())) {
            return rows.map(row -> row.fields().get("text").textValue()).toList();
        }
    }

    @Test
    void trainIsReadOrTheSplitsThatAreNamed() throws IOException {
        files(
                "data/train-00000-of-00002.parquet",
                "data/train-00001-of-00002.parquet",
                "data/test-00000-of-00001.parquet",
                "data/validation-00000-of-00001.parquet",
                "data/.cache/train.jsonl",
                "rows.jsonl");
        assertEquals(List.of("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"), read());
        assertEquals(
                List.of("data/validation-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"),
                read("validation", "test"));
        DataException e = assertThrows(DataException.class, () -> read("dev"));
        assertEquals(folder + ": found the splits test, train, validation, expected dev", e.getMessage());
    }

    @Test
    void theCaseGivesTrain() throws IOException {
        try (Stream<Row> rows = Rows.read(ReferenceData.file("cases/hub-folder-splits/hub"), Rejects.refuse())) {
            assertEquals(
                    List.of("{\"instruction\":\"train1\",\"response\":\"r\"}"),
                    rows.map(row -> row.fields().toString()).toList());
        }
    }

    @Test
    void filesOfAnyKindAndFoldersNameTheirSplit() throws IOException {
        files("train.jsonl", "my-test.csv", "dev/a.json", "dev/b.tsv", "x.rejected.jsonl", "dataset_infos.json");
        assertEquals(List.of("train.jsonl"), read());
        assertEquals(List.of("my-test.csv"), read("test"));
        assertEquals(List.of("dev/a.json", "dev/b.tsv"), read("validation"));
    }

    @Test
    void aFolderWithoutSplitsIsTrain() throws IOException {
        files("a.jsonl", "b.jsonl.gz", "attested.csv");
        assertEquals(List.of("a.jsonl", "attested.csv", "b.jsonl.gz"), read());
    }

    @Test
    void theOnlySplitOrTheOnlyOneForTrainingNeedsNoName() throws IOException {
        files("data/test_sft-00000-of-00001.parquet");
        assertEquals(List.of("data/test_sft-00000-of-00001.parquet"), read());
        files("data/train_sft-00000-of-00001-0123456789abcdef.parquet");
        assertEquals(List.of("data/train_sft-00000-of-00001-0123456789abcdef.parquet"), read());
        files("data/train_gen-00000-of-00001.parquet");
        DataException e = assertThrows(DataException.class, () -> read());
        assertEquals(
                folder + ": found the splits test_sft, train_gen, train_sft, expected one of them to be named",
                e.getMessage());
    }

    @Test
    void severalDataSetsInAFolderAreNotMixed() throws IOException {
        files("main/train-00000-of-00001.parquet", "socratic/train-00000-of-00001.parquet");
        DataException e = assertThrows(DataException.class, () -> read());
        assertEquals(folder + ": found several data sets, main, socratic, expected the folder of one", e.getMessage());
        folder = folder.resolve("main");
        assertEquals(List.of("main/train-00000-of-00001.parquet"), read());
        folder = Files.createDirectory(folder.resolve("none"));
        assertThrows(DataException.class, () -> read());
    }
}
