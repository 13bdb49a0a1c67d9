package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.unpack.GunzipTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebPagesTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();
    private final WebPages pages = WebPages.with(Rejects.into(rejected));

    private List<String> sources(WebPages reader, Path path) throws IOException {
        try (Stream<Page> stream = reader.read(path)) {
            return stream.map(page -> page.source().replace(folder.toString(), ""))
                    .toList();
        }
    }

    private Path file(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private Path file(String name, String text) throws IOException {
        return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void entry(TarArchiveOutputStream tar, String name, byte[] bytes) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    private interface Filling {
        void into(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] tar(Filling filling) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            filling.into(tar);
        }
        return bytes.toByteArray();
    }

    private static final byte[] SMALL = "<h1>Title</h1>".getBytes(StandardCharsets.UTF_8);

    @Test
    void theHandbookHas127Pages() throws IOException {
        Path archive = ReferenceData.file("data/web-pages-debian-handbook.tar.gz");
        try (Stream<Page> stream = pages.read(archive)) {
            List<Page> all = stream.toList();
            assertEquals(127, all.size());
            assertEquals(archive + "!/advanced-administration.html", all.get(0).source());
            assertEquals(83684, all.get(0).size());
            assertEquals(
                    "Chapter 12. Advanced Administration",
                    all.get(0).document().title().replace('\u00a0', ' '));
        }
        assertEquals(List.of(), rejected);
    }

    @Test
    void foldersAreReadByNameWithTheirArchivesAndWithoutLinks() throws IOException {
        file("b.html", SMALL);
        file("a/z.HTM", SMALL);
        file("a/c.txt", SMALL);
        file("a/d.tar", tar(t -> entry(t, "inner.html", SMALL)));
        file("a/b/deep.xhtml", SMALL);
        Files.createSymbolicLink(folder.resolve("a/loop"), folder);
        Files.createSymbolicLink(folder.resolve("c.html"), folder.resolve("b.html"));
        assertEquals(List.of("/a/b/deep.xhtml", "/a/d.tar!/inner.html", "/a/z.HTM", "/b.html"), sources(pages, folder));
        assertEquals(List.of(), rejected);
    }

    @Test
    void aFolderWithoutPagesIsRejected() throws IOException {
        file("notes.txt", SMALL);
        assertEquals(List.of(), sources(pages, folder));
        assertEquals(
                folder + ": no page and no archive in this folder",
                rejected.get(0).toString());
    }

    @Test
    void aPathThatIsNoneIsRefusedAtOnce() throws IOException {
        assertThrows(NoSuchFileException.class, () -> pages.read(folder.resolve("missing.html")));
        Path file = file("a.pdf", SMALL);
        assertTrue(assertThrows(DataException.class, () -> pages.read(file))
                .getMessage()
                .startsWith(file + ": expected .html"));
        assertThrows(IllegalArgumentException.class, () -> pages.maxPageBytes(0));
        assertThrows(IllegalArgumentException.class, () -> pages.maxArchiveBytes(0));
    }

    @Test
    void theEncodingIsTheServersOrThePagesOwn() {
        byte[] latin = "<meta charset=iso-8859-1><h1>caf\u00e9</h1>".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals("caf\u00e9", new Page("x", latin, null).document().text());
        assertEquals(
                "caf\u00e9", new Page("x", latin, "no such charset").document().text());
        byte[] undeclared = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(
                "caf\u00e9", new Page("x", undeclared, "ISO-8859-1").document().text());
        assertEquals("caf\u00e9", new Page("x", undeclared, null).document().text());
        assertEquals(
                "caf\u00e9",
                Page.of("x", "<meta charset=iso-8859-1>caf\u00e9").document().text());
    }

    @Test
    void aPageAboveTheLimitIsRejectedAndTheNextIsRead() throws IOException {
        Path archive = file("a.tar.gz", GunzipTest.gzip(tar(t -> {
            entry(t, "big.html", new byte[1001]);
            entry(t, "fits.html", new byte[1000]);
        })));
        file("big.html", new byte[1001]);
        WebPages small = pages.maxPageBytes(1000);
        assertEquals(List.of("/a.tar.gz!/fits.html"), sources(small, folder));
        assertEquals(
                List.of(
                        archive + "!/big.html: more than 1000 bytes, the limit of a page",
                        folder + "/big.html: more than 1000 bytes, the limit of a page"),
                rejected.stream().map(Rejection::toString).toList());
    }

    @Test
    void anArchiveThatUnpacksToTooMuchIsLeft() throws IOException {
        Path bomb = file("bomb.tgz", GunzipTest.gzip(tar(t -> {
            entry(t, "first.html", SMALL);
            entry(t, "zeros.bin", new byte[50 << 20]);
            entry(t, "last.html", SMALL);
        })));
        assertTrue(Files.size(bomb) < 100_000);
        assertEquals(List.of("/bomb.tgz!/first.html"), sources(pages.maxArchiveBytes(10 << 20), bomb));
        assertEquals(
                bomb + ": at zeros.bin: produces more than 10485760 bytes; the rest is not read",
                rejected.get(0).toString());
        assertEquals(List.of("/bomb.tgz!/first.html", "/bomb.tgz!/last.html"), sources(pages, bomb));
    }

    @Test
    void anEntryNameOfManyMegabytesIsAHeaderTooLong() throws IOException {
        Path bomb = file("name.tar.gz", GunzipTest.gzip(tar(t -> {
            TarArchiveEntry name = new TarArchiveEntry(TarConstants.GNU_LONGLINK, TarConstants.LF_GNUTYPE_LONGNAME);
            name.setSize(40 << 20);
            t.putArchiveEntry(name);
            t.write("n".repeat(40 << 20).getBytes(StandardCharsets.US_ASCII));
            t.closeArchiveEntry();
            entry(t, "a.html", SMALL);
        })));
        assertEquals(List.of(), sources(pages, bomb));
        assertEquals(
                bomb + ": at its start: a header of more than 1048576 bytes; the rest is not read",
                rejected.get(0).toString());
    }

    @Test
    void namesInAnArchiveAreLabels() throws IOException {
        Path archive = file("evil.tar", tar(t -> {
            entry(t, "../../../../tmp/escape.html", SMALL);
            entry(t, "/etc/absolute.html", SMALL);
            entry(t, "two\nlines.html", SMALL);
            TarArchiveEntry link = new TarArchiveEntry("link.html", TarConstants.LF_SYMLINK);
            link.setLinkName("/etc/passwd");
            t.putArchiveEntry(link);
            t.closeArchiveEntry();
        }));
        List<String> sources = sources(pages, archive);
        assertEquals(3, sources.size());
        assertTrue(sources.get(0).endsWith("evil.tar!/../../../../tmp/escape.html"), sources.get(0));
        assertEquals("/evil.tar!/two?lines.html", sources.get(2));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aSparseEntryOfPetabytesIsNotWorkedThrough() throws IOException {
        // GNU sparse 1.0 as PAX headers: a real size of 2^50 bytes, no data
        Path archive = file("sparse.tar", tar(t -> {
            TarArchiveEntry pax = new TarArchiveEntry("pax", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
            byte[] records = ("22 GNU.sparse.major=1\n" + "22 GNU.sparse.minor=0\n" + "30 GNU.sparse.name=huge.html\n"
                            + "40 GNU.sparse.realsize=1125899906842624\n")
                    .getBytes(StandardCharsets.US_ASCII);
            pax.setSize(records.length);
            t.putArchiveEntry(pax);
            t.write(records);
            t.closeArchiveEntry();
            entry(t, "huge.html", Arrays.copyOf("1\n1125899906842624\n0\n".getBytes(StandardCharsets.US_ASCII), 512));
            entry(t, "next.html", SMALL);
        }));
        sources(pages, archive);
        assertFalse(rejected.isEmpty());
    }

    @Test
    void aDamagedArchiveIsReadUpToTheDamage() throws IOException {
        Random random = new Random(1);
        byte[] noise = new byte[200_000];
        random.nextBytes(noise); // does not compress, so that a place in the file is a place in the archive
        byte[] packed = GunzipTest.gzip(tar(t -> {
            entry(t, "first.html", SMALL);
            entry(t, "noise.html", noise);
            entry(t, "last.html", SMALL);
        }));
        Path cut = file("cut.tar.gz", Arrays.copyOf(packed, packed.length / 2));
        assertEquals(List.of("/cut.tar.gz!/first.html"), sources(pages, cut));
        assertEquals(
                cut + ": at noise.html: gzip member at byte 0 ends early; the rest is not read",
                rejected.get(0).toString());
        byte[] flipped = packed.clone();
        flipped[flipped.length - 6] ^= 1;
        rejected.clear();
        Path wrong = file("wrong.tar.gz", flipped);
        assertEquals(3, sources(pages, wrong).size());
        assertEquals(
                wrong + ": at last.html: gzip member at byte 0 is damaged: its checksum or length differs; "
                        + "the rest is not read",
                rejected.get(0).toString());
        rejected.clear();
        assertEquals(List.of(), sources(pages, file("text.tar", "this is no archive ".repeat(100))));
        assertEquals(1, rejected.size());
        rejected.clear();
        assertEquals(List.of(), sources(pages, file("empty.tgz", "")));
        assertEquals(1, rejected.size());
    }

    @Test
    void flippedBytesNeverBreakTheReader() throws IOException {
        byte[] good = tar(t -> {
            for (int i = 0; i < 5; i++) {
                entry(t, "page" + i + ".html", SMALL);
            }
        });
        Random random = new Random(7);
        for (int round = 0; round < 400; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i < 3; i++) {
                bad[random.nextInt(5 * 1024)] = (byte) random.nextInt();
            }
            rejected.clear();
            int read = sources(pages, file("bad.tar", bad)).size();
            assertTrue(read == 5 || !rejected.isEmpty() || read > 0, "round " + round);
        }
    }

    @Test
    void strictReadingStopsAtTheFirstFault() throws IOException {
        Path archive = file("a.tar", tar(t -> entry(t, "big.html", new byte[2000])));
        DataException e = assertThrows(
                DataException.class,
                () -> sources(WebPages.with(Rejects.refuse()).maxPageBytes(1000), archive));
        assertEquals(archive + "!/big.html: more than 1000 bytes, the limit of a page", e.getMessage());
    }

    @Test
    void pagesComeOneAtATime() throws IOException {
        Path archive = file("a.tar", tar(t -> {
            entry(t, "a.html", SMALL);
            entry(t, "b.html", new byte[2000]);
        }));
        try (Stream<Page> stream = pages.maxPageBytes(1000).read(archive)) {
            Iterator<Page> iterator = stream.iterator();
            assertTrue(iterator.hasNext());
            assertEquals(List.of(), rejected, "the second entry is not looked at before it is asked for");
            iterator.next();
            assertFalse(iterator.hasNext());
            assertEquals(1, rejected.size());
        }
    }
}
