package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.unpack.GunzipTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarcTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();
    private final WebPages pages = WebPages.with(Rejects.into(rejected));

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] record(String type, String uri, String more, byte[] block) {
        String header = "WARC/1.0\r\nWARC-Type: " + type + "\r\nWARC-Target-URI: " + uri
                + "\r\n"
                + "WARC-Date: 2024-05-18T01:58:10Z\r\n"
                + "WARC-Record-ID: <urn:uuid:292f457d-203c-42f2-a1b5-69a4dabefd4f>\r\n"
                + more + "Content-Length: " + block.length + "\r\n\r\n";
        return join(bytes(header), block, bytes("\r\n\r\n"));
    }

    private static byte[] response(String uri, String httpHeaders, byte[] body) {
        byte[] block = join(bytes("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + httpHeaders + "\r\n"), body);
        return record("response", uri, "Content-Type: application/http; msgtype=response\r\n", block);
    }

    private static byte[] page(int i) {
        return response("http://example.org/" + i, "", bytes("<h1>Page " + i + "</h1>"));
    }

    private List<String> read(byte[] warc) throws IOException {
        return read(pages, warc);
    }

    private List<String> read(WebPages reader, byte[] warc) throws IOException {
        return read(reader, "a.warc", warc);
    }

    private List<String> read(WebPages reader, String name, byte[] warc) throws IOException {
        Path file = Files.write(folder.resolve(name), warc);
        return Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            try (Stream<Page> stream = reader.read(file)) {
                return stream.map(Page::source).limit(1000).toList();
            }
        });
    }

    private List<String> reasons() {
        return rejected.stream()
                .map(r -> r.toString().replace(folder.resolve("a.warc").toString(), ""))
                .toList();
    }

    @Test
    void commonCrawlsPageIsRead() throws IOException {
        try (Stream<Page> stream = pages.read(ReferenceData.file("data/commoncrawl-one-page.warc.gz"))) {
            List<Page> all = stream.toList();
            assertEquals(1, all.size());
            assertEquals("https://an.wikipedia.org/wiki/Escopete", all.get(0).source());
            assertEquals(72848, all.get(0).size());
            assertEquals(
                    "Escopete - Biquipedia, a enciclopedia libre",
                    all.get(0).document().title());
        }
        assertEquals(List.of(), rejected);
    }

    @Test
    void plainTextOfAWetFileIsRejected() throws IOException {
        Path file = ReferenceData.file("data/commoncrawl-one-page.warc.wet.gz");
        try (Stream<Page> stream = pages.read(file)) {
            assertEquals(0, stream.count());
        }
        assertEquals(
                List.of(file + "!/https://an.wikipedia.org/wiki/Escopete: record at byte 466: "
                        + "a plain-text conversion without headers, expected an HTML response"),
                rejected.stream().map(Rejection::toString).toList());
    }

    @Test
    void plainAndGzippedRecordsGiveTheSamePages() throws IOException {
        List<String> expected = List.of("http://example.org/1", "http://example.org/2");
        assertEquals(expected, read(join(page(1), page(2))));
        assertEquals(expected, read(join(GunzipTest.gzip(page(1)), GunzipTest.gzip(page(2)))));
        assertEquals(expected, read(GunzipTest.gzip(join(page(1), page(2)))));
        assertEquals(List.of(), rejected);
    }

    @Test
    void onlyHtmlResponsesAndResourcesArePages() throws IOException {
        byte[] http = bytes("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>No</h1>");
        byte[] image = bytes("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nPNG");
        String type = "Content-Type: application/http; msgtype=response\r\n";
        assertEquals(
                List.of("http://h/resource", "http://h/xhtml"),
                read(join(
                        record("warcinfo", "", "", bytes("software: x\r\n")),
                        record("request", "http://h/", "", bytes("GET / HTTP/1.1\r\n\r\n")),
                        record("response", "http://h/missing", type, http),
                        record("response", "http://h/image", type, image),
                        record("response", "dns:h", "Content-Type: text/dns\r\n", bytes("h. 1 A 1")),
                        record("resource", "http://h/resource", "Content-Type: text/html\r\n", bytes("<h1>R</h1>")),
                        record(
                                "response",
                                "http://h/xhtml",
                                type,
                                bytes("HTTP/1.1 200 OK\r\n"
                                        + "Content-Type: application/xhtml+xml;charset=utf-8\r\n\r\n"
                                        + "<p/>")))));
        assertEquals(List.of(), rejected);
        read(record("warcinfo", "", "", bytes("software: x\r\n")));
        assertEquals(List.of(": no HTML response in this web archive"), reasons());
    }

    @Test
    void contentEncodingsAreUndoneOrNamed() throws IOException {
        byte[] html = bytes("<title>packed</title>".repeat(50));
        byte[] packed = GunzipTest.gzip(html);
        byte[] chunked = bytes("5\r\n<p>ab\r\n3\r\ncde\r\n0\r\n\r\n");
        assertEquals(
                List.of("http://h/gzip", "http://h/br", "http://h/empty", "http://h/chunked"),
                read(join(
                        response("http://h/gzip", "Content-Encoding: gzip\r\n", packed),
                        response("http://h/cut", "Content-Encoding: gzip\r\n", Arrays.copyOf(packed, 30)),
                        response("http://h/br", "Content-Encoding: br\r\n", packed),
                        response("http://h/zstd", "Content-Encoding: zstd\r\n", bytes("\1\2\3")),
                        response("http://h/empty", "Content-Encoding: deflate\r\n", new byte[0]),
                        response("http://h/chunked", "Transfer-Encoding: chunked\r\n", chunked))));
        assertEquals(2, rejected.size());
        assertTrue(
                reasons().get(0).endsWith("the body ends early as gzip"),
                reasons().get(0));
        assertTrue(
                reasons().get(1).endsWith("content encoding zstd, found neither that nor text"),
                reasons().get(1));
    }

    @Test
    void aPackedBodyBeyondTheLimitIsRejected() throws IOException {
        byte[] bomb = GunzipTest.gzip(new byte[30 << 20]);
        assertEquals(
                List.of("http://example.org/2"),
                read(join(response("http://h/bomb", "Content-Encoding: gzip\r\n", bomb), page(2))));
        assertEquals(
                List.of("!/http://h/bomb: record at byte 0: more than 2097152 bytes, the limit of a page"), reasons());
    }

    @Test
    void pagesCutByTheCrawlerAreRejected() throws IOException {
        byte[] block = bytes("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<h1>Half");
        byte[] cut = record(
                "response", "http://h/cut", "Content-Type: application/http\r\nWARC-Truncated: length\r\n", block);
        assertEquals(List.of("http://example.org/2"), read(join(cut, page(2))));
        assertEquals(List.of("!/http://h/cut: record at byte 0: cut short by the crawler (length)"), reasons());
    }

    @Test
    void afterADamagedMemberTheNextOneIsRead() throws IOException {
        byte[] damaged = GunzipTest.gzip(page(2));
        damaged[20] ^= 0x55;
        byte[] one = GunzipTest.gzip(page(1));
        assertEquals(
                List.of("http://example.org/1", "http://example.org/3", "http://example.org/4"),
                read(join(one, damaged, GunzipTest.gzip(page(3)), GunzipTest.gzip(page(4)))));
        assertEquals(1, rejected.size());
        assertEquals("record at byte " + one.length, rejected.get(0).place());
    }

    @Test
    void afterADamagedPlainRecordTheNextOneIsRead() throws IOException {
        byte[] damaged = page(2);
        System.arraycopy(bytes("NOPE"), 0, damaged, 0, 4);
        assertEquals(List.of("http://example.org/1", "http://example.org/3"), read(join(page(1), damaged, page(3))));
        assertEquals(1, rejected.size());
        assertEquals("record at byte " + page(1).length, rejected.get(0).place());
    }

    @Test
    void aTruncatedFileIsReadUpToTheCut() throws IOException {
        byte[] whole = join(page(1), page(2));
        assertEquals(List.of("http://example.org/1"), read(Arrays.copyOf(whole, whole.length - 20)));
        assertEquals(1, rejected.size(), rejected::toString);
        rejected.clear();
        byte[] packed = join(GunzipTest.gzip(page(1)), GunzipTest.gzip(page(2)));
        assertEquals(List.of("http://example.org/1"), read(Arrays.copyOf(packed, packed.length - 20)));
        assertEquals(1, rejected.size());
    }

    @Test
    void aHeaderWithoutEndIsAHeaderTooLong() throws IOException {
        byte[] endless = join(bytes("WARC/1.0\r\nWARC-Type: response\r\nX: "), bytes("x".repeat(20 << 20)));
        assertEquals(List.of("http://example.org/2"), read(join(GunzipTest.gzip(endless), GunzipTest.gzip(page(2)))));
        assertEquals(List.of(": record at byte 0: a header of more than 1048576 bytes"), reasons());
        rejected.clear();
        byte[] http = response("http://h/http", "X: " + "x".repeat(20 << 20) + "\r\n", bytes("<p>"));
        assertEquals(List.of("http://example.org/2"), read(join(GunzipTest.gzip(http), GunzipTest.gzip(page(2)))));
        assertEquals(List.of("!/http://h/http: record at byte 0: a header of more than 1048576 bytes"), reasons());
    }

    @Test
    void anArchiveThatUnpacksToTooMuchIsLeft() throws IOException {
        byte[] bomb = record("resource", "http://h/zeros", "Content-Type: image/png\r\n", new byte[40 << 20]);
        byte[] warc = join(GunzipTest.gzip(page(1)), GunzipTest.gzip(bomb), GunzipTest.gzip(page(2)));
        assertEquals(List.of("http://example.org/1"), read(pages.maxArchiveBytes(10 << 20), warc));
        assertEquals(1, rejected.size());
        assertTrue(
                reasons().get(0).endsWith("produces more than 10485760 bytes; the rest is not read"),
                reasons().get(0));
    }

    @Test
    void endlessLengthsTrailersAndDoublePackingEnd() throws IOException {
        byte[] length = bytes("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 9223372036854775807\r\n\r\nabc");
        assertEquals(List.of("http://example.org/1"), read(join(page(1), length)));
        assertFalse(rejected.isEmpty());
        byte[] page = page(1);
        byte[] oddEnd = join(Arrays.copyOf(page, page.length - 4), bytes("\n\n\n\n"));
        assertEquals(List.of("http://example.org/1"), read(oddEnd));
        assertEquals(List.of("http://example.org/1"), read(Arrays.copyOf(page, page.length - 4)));
        rejected.clear();
        read(GunzipTest.gzip(GunzipTest.gzip(page)));
        assertEquals(
                ": record at byte 0: compressed twice or not with gzip, expected WARC records, plain or gzipped",
                reasons().get(0));
        rejected.clear();
        assertEquals(List.of(), read(new byte[0]));
        assertEquals(1, rejected.size());
        rejected.clear();
        assertEquals(List.of(), read(bytes("\u001f\u008b\b\0".repeat(200_000))), "members that are none");
        assertEquals(1, rejected.size());
    }

    @Test
    void flippedBytesNeverBreakTheReader() throws IOException {
        Random random = new Random(11);
        byte[] plain = join(page(1), page(2), page(3), page(4));
        byte[] packed = join(
                GunzipTest.gzip(page(1)), GunzipTest.gzip(page(2)), GunzipTest.gzip(page(3)), GunzipTest.gzip(page(4)));
        for (int round = 0; round < 300; round++) {
            byte[] bad = (round % 2 == 0 ? plain : packed).clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            rejected.clear();
            List<String> read = read(pages, round % 2 == 0 ? "a.warc" : "a.warc.gz", bad);
            assertTrue(read.size() >= 2 && read.size() <= 4, "round " + round + ": " + read);
            if (round % 2 == 1 && read.size() < 4) {
                assertFalse(rejected.isEmpty(), "round " + round);
            }
        }
    }
}
