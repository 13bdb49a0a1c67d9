package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.humpback.ReferenceData;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.unpack.GunzipTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives as crawlers, servers and accidents make them. */
class WarcVariantsTest {

    private static final String PAGE = "<!DOCTYPE html><html><head><title>Packed</title></head><body><h1>Packed</h1>"
            + "<p>The miller keeps the wheel, and the wheel keeps the mill.</p></body></html>";

    /** The page as another program packs it with Brotli. */
    private static final byte[] BROTLI = Base64.getDecoder()
            .decode(
                    "G5kAQETdFtvP+1jIBkMRHRxeBurkgPn7tyjhoACDtiTi3MZA+b1IR8h3FTpDIpe2zh095FzYB9F1ABbM3U2VciT/EpojflwYpHgCaT4I");

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

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

    private static byte[] response(String version, String eol, String uri, String fields, byte[] block) {
        return join(
                bytes(String.join(
                        eol,
                        version,
                        "WARC-Type: response",
                        "WARC-Target-URI: " + uri,
                        "WARC-Date: 2024-05-18T01:58:10Z",
                        "WARC-Record-ID: <urn:uuid:292f457d-203c-42f2-a1b5-69a4dabefd4f>",
                        fields + "Content-Type: application/http; msgtype=response",
                        "Content-Length: " + block.length,
                        "",
                        "")),
                block,
                bytes(eol + eol));
    }

    private static byte[] http(String fields, byte[] body) {
        return join(bytes("HTTP/1.1 200 OK\r\n" + fields + "\r\n"), body);
    }

    private static byte[] response(String uri, byte[] block) {
        return response("WARC/1.0", "\r\n", uri, "", block);
    }

    private static byte[] good(int i) {
        return response("http://e.org/" + i, http("Content-Type: text/html\r\n", bytes(PAGE)));
    }

    private static byte[] zstd(byte[] record) {
        return Zstd.compress(record);
    }

    /** The pages of a file: where each is from, and its text. */
    private Map<String, String> read(String name, byte[] content) throws IOException {
        return read(Files.write(folder.resolve(name), content));
    }

    private Map<String, String> read(Path file) throws IOException {
        rejected.clear();
        Map<String, String> pages = new LinkedHashMap<>();
        try (Stream<Page> stream = WebPages.with(Rejects.into(rejected)).read(file)) {
            stream.forEach(page -> pages.put(page.source(), page.document().text()));
        }
        return pages;
    }

    private static final String TEXT = "Packed The miller keeps the wheel, and the wheel keeps the mill.";

    private void assertRead(String what, byte[] record) throws IOException {
        Map<String, String> pages = read("a.warc", join(record, good(2)));
        assertEquals(List.of(), rejected, what);
        assertEquals(2, pages.size(), what);
        String text = pages.values().iterator().next();
        assertEquals(TEXT, text.replaceFirst("^Packed (?=Packed)", ""), what);
    }

    @ParameterizedTest
    @ValueSource(strings = {"WARC/0.17", "WARC/0.18", "WARC/1.0", "WARC/1.1"})
    void everyVersionLineEndAndPackingIsRead(String version) throws IOException {
        byte[] dictionary =
                bytes("Content-Type: application/http; msgtype=response HTTP/1.1 200 OK text/html ".repeat(40));
        for (String eol : List.of("\r\n", "\n")) {
            byte[][] records = new byte[3][];
            for (int i = 0; i < 3; i++) {
                byte[] block = http("Content-Type: text/html\r\n", bytes(PAGE));
                records[i] = response(version, eol, "http://e.org/" + i, "", block);
            }
            byte[] plain = join(records);
            Map<String, byte[]> files = new LinkedHashMap<>();
            files.put("plain.warc", plain);
            files.put("named.warc.gz", plain);
            files.put("named.warc.zst", plain);
            files.put(
                    "record.warc.gz",
                    join(Arrays.stream(records).map(GunzipTest::gzip).toArray(byte[][]::new)));
            files.put("whole.warc.gz", GunzipTest.gzip(plain));
            files.put("named.warc", GunzipTest.gzip(plain));
            files.put(
                    "record.warc.zst",
                    join(Arrays.stream(records).map(WarcVariantsTest::zstd).toArray(byte[][]::new)));
            files.put("whole.warc.zst", zstd(plain));
            files.put("zstd.warc", zstd(plain));
            for (boolean packed : new boolean[] {false, true}) {
                byte[] held = packed ? zstd(dictionary) : dictionary;
                ByteBuffer frame = ByteBuffer.allocate(8 + held.length).order(ByteOrder.LITTLE_ENDIAN);
                frame.putInt(0x184d2a5d).putInt(held.length).put(held);
                byte[][] frames = new byte[3][];
                for (int i = 0; i < 3; i++) {
                    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
                        frames[i] = context.loadDict(dictionary).compress(records[i]);
                    }
                }
                files.put("dictionary" + packed + ".warc.zst", join(frame.array(), join(frames)));
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                assertEquals(3, read(file.getKey(), file.getValue()).size(), version + " " + file.getKey());
                assertEquals(List.of(), rejected, version + " " + file.getKey());
            }
        }
    }

    private static byte[] deflate(byte[] body, boolean raw) {
        Deflater deflater = new Deflater(6, raw);
        deflater.setInput(body);
        deflater.finish();
        byte[] out = new byte[10_000];
        int n = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, n);
    }

    @Test
    void contentEncodingsAreUndoneWhateverIsSaid() throws IOException {
        byte[] plain = bytes(PAGE);
        byte[] gzip = GunzipTest.gzip(plain);
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        bodies.put("gzip", gzip);
        bodies.put("x-gzip", gzip);
        bodies.put("GZip ", gzip);
        bodies.put("\"gzip\"", gzip);
        bodies.put("gzip, gzip", GunzipTest.gzip(gzip));
        bodies.put("gzip,gzip", gzip);
        bodies.put("gzip,", gzip);
        bodies.put("identity, gzip", gzip);
        bodies.put("gzip; q=1", gzip);
        bodies.put("br", BROTLI);
        bodies.put("br ", BROTLI);
        bodies.put("BR", BROTLI);
        bodies.put("br, gzip", GunzipTest.gzip(BROTLI));
        bodies.put("zstd", zstd(plain));
        bodies.put("zstd, br", zstd(plain));
        bodies.put("deflate", deflate(plain, false));
        bodies.put("Deflate", deflate(plain, true));
        bodies.put("gzip,deflate", gzip);
        bodies.put("deflate, gzip", GunzipTest.gzip(deflate(plain, true)));
        bodies.put("none", gzip);
        bodies.put("zstd,gzip", GunzipTest.gzip(zstd(plain)));
        bodies.put("br, br", GunzipTest.gzip(plain));
        for (Map.Entry<String, byte[]> body : bodies.entrySet()) {
            String fields = "Content-Type: text/html\r\nContent-Encoding: " + body.getKey() + "\r\n";
            assertRead(body.getKey(), response("http://e.org/", http(fields, body.getValue())));
            byte[] chunked = join(
                    bytes(Integer.toHexString(20) + ";x=y\r\n"),
                    Arrays.copyOf(body.getValue(), 20),
                    bytes("\r\n" + Integer.toHexString(body.getValue().length - 20) + "\r\n"),
                    Arrays.copyOfRange(body.getValue(), 20, body.getValue().length),
                    bytes("\r\n0\r\n\r\n"));
            assertRead(
                    body.getKey(), response("http://e.org/", http(fields + "Transfer-Encoding: chunked\r\n", chunked)));
            assertRead(
                    body.getKey() + " said to be in chunks",
                    response("http://e.org/", http(fields + "Transfer-Encoding: chunked\r\n", body.getValue())));
        }
        for (String said : List.of(
                "gzip",
                "br",
                "zstd",
                "deflate",
                "compress",
                "gzip, gzip",
                "UTF-8",
                "binary",
                "none",
                "identity",
                "8bit",
                "text/html",
                "aws-chunked",
                "",
                ",",
                "x-unknown")) {
            String fields = "Content-Type: text/html\r\nContent-Encoding: " + said + "\r\n";
            assertRead(said + " of a plain body", response("http://e.org/", http(fields, plain)));
        }
        String twice = "Content-Type: text/html\r\nContent-Encoding: br\r\nContent-Encoding: gzip\r\n";
        assertRead("two fields", response("http://e.org/", http(twice, GunzipTest.gzip(BROTLI))));
        assertRead("no field", response("http://e.org/", http("Content-Type: text/html\r\n", gzip)));
    }

    @Test
    void typesThatMeanHtmlAreRead() throws IOException {
        for (String type : List.of(
                "Content-Type: text/html",
                "Content-Type: text/html ; charset=utf-8",
                "Content-Type: text/html, text/html; charset=utf-8",
                "Content-Type: text/html charset=utf-8",
                "Content-Type: text/html/; charset=utf-8",
                "Content-Type: \"text/html\"",
                "Content-Type: 'text/html'",
                "Content-Type: TEXT/HTML;CHARSET=UTF-8",
                "Content-Type: text/html;",
                "Content-Type: text/html;;charset=utf-8",
                "Content-Type:text/html",
                "Content-Type : text/html",
                "content-type: text/html; charset=",
                "Content-Type: text/html:charset=utf-8",
                "Content-Type: text/html; charset=\"utf-8\"; x",
                "Content-Type: text/html\tcharset=utf-8",
                "Content-Type: text/html_utf8",
                "Content-Type: text/html)",
                "Content-Type: text/x-html",
                "Content-Type: application/html",
                "Content-Type: application/xhtml+xml",
                "Content-Type: application/xhtml+xml; profile=x",
                "Content-Type: text/html\r\nContent-Type: text/plain",
                "Content-Type: text/plain\r\nContent-Type: text/html",
                "Content-Type: text/html;\r\n charset=utf-8",
                "Content-Type:",
                "Content-Type: html",
                "Content-Type: */*",
                "Content-Type: unknown/unknown",
                "Content-Type: application/octet-stream",
                "Content-Type: application/unknown; x=y",
                "Content-Type: text/xml",
                "X-No-Type: x")) {
            assertRead(type, response("http://e.org/", http(type + "\r\n", bytes(PAGE))));
        }
        for (String type : List.of("application/octet-stream", "text/plain", "image/png")) {
            byte[] block = http("Content-Type: " + type + "\r\n", bytes(PAGE));
            String fields = "WARC-Identified-Payload-Type: text/html\r\n";
            assertRead("identified", response("WARC/1.0", "\r\n", "http://e.org/", fields, block));
        }
    }

    @Test
    void whatIsNoHtmlIsPassedOver() throws IOException {
        for (String type : List.of(
                "text/plain", "image/png", "application/pdf", "text/htmlx+json", "application/json", "text/css")) {
            byte[] other = response("http://e.org/", http("Content-Type: " + type + "\r\n", bytes(PAGE)));
            assertEquals(1, read("a.warc", join(other, good(2))).size(), type);
            assertEquals(List.of(), rejected, type);
        }
        for (String body :
                List.of("%PDF-1.7", "plain words", "{\"a\": 1}", "<rss version='2.0'></rss>", "\u0089PNG", "")) {
            byte[] other = response("http://e.org/", http("", bytes(body)));
            assertEquals(1, read("a.warc", join(other, good(2))).size(), body);
            assertEquals(List.of(), rejected, body);
        }
    }

    @Test
    void headsOfResponsesAreReadAsBrowsersDo() throws IOException {
        for (String head : List.of(
                "HTTP/1.1 200 OK\nContent-Type: text/html\n\n",
                "HTTP/1.1 200\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/2 200\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/2.0 200 OK\r\nContent-Type: text/html\r\n\r\n",
                "http/1.1 200 ok\r\ncontent-type: text/html\r\n\r\n",
                "HTTP 200 OK\r\nContent-Type: text/html\r\n\r\n",
                "ICY 200 OK\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1  200 OK\r\nContent-Type: text/html\r\n\r\n",
                "\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1 200 OK\r\nNo field\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: empty\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: caf\u00e9 \u0001\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\r\n folded: b\r\nContent-Type: text/html\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: abc\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\n",
                "HTTP/1.1 200 \u00c9tat\r\nContent-Type: text/html\r\n\r\n")) {
            assertRead(head, response("http://e.org/", join(bytes(head), bytes(PAGE))));
        }
        Map<String, String> pages = read("a.warc", join(response("http://e.org/", bytes("<h1>no head</h1>")), good(2)));
        assertEquals(List.of("http://e.org/2"), List.copyOf(pages.keySet()));
        assertTrue(
                rejected.get(0).reason().equals("found \"<h1>no head</h1>\", expected a line such as HTTP/1.1 200 OK"),
                rejected::toString);
    }

    @Test
    void addressesLoseTheirBrackets() throws IOException {
        byte[] block = http("Content-Type: text/html\r\n", bytes(PAGE));
        Map<String, String> addresses = Map.of(
                "<http://e.org/angle>", "http://e.org/angle",
                "http://e.org/a b", "http://e.org/a b",
                "http://e.org/<x>", "http://e.org/<x>",
                "<http://e.org/a?b=<c>>", "http://e.org/a?b=<c>",
                "http://e.org/caf\u00c3\u00a9", "http://e.org/caf\u00e9");
        for (Map.Entry<String, String> address : addresses.entrySet()) {
            assertEquals(
                    List.of(address.getValue()),
                    List.copyOf(
                            read("a.warc", response(address.getKey(), block)).keySet()));
        }
    }

    @Test
    void anyNumberOfEmptyLinesStandsBetweenRecords() throws IOException {
        byte[] record = good(1);
        byte[] bare = Arrays.copyOf(record, record.length - 4);
        for (String between :
                List.of("", "\n", "\r\n", "\n\n", "\r\n\r\n", "\n\n\n\n", "\r\n\r\n\r\n", " \r\n", "\r\n".repeat(50))) {
            for (String end : List.of("", "\n", between)) {
                assertEquals(
                        2,
                        read("a.warc", join(bare, bytes(between), good(2), bytes(end)))
                                .size());
                assertEquals(List.of(), rejected, between);
            }
        }
    }

    @Test
    void threeDamagedRecordsInARowAreThreeRejections() throws IOException {
        Map<String, String> damages = Map.of(
                "WARC/1.0", "WARC/x.0",
                "WARC/1.0\r", "NOPE/1.0\r",
                "Content-Length: ", "Content-Length: x",
                "HTTP/1.1 200 OK", "HTTP/1.1 abc OK",
                "WARC-Target-URI: ", "WARC-Target-ABC: ");
        for (Map.Entry<String, String> damage : damages.entrySet()) {
            byte[][] records = new byte[7][];
            for (int i = 0; i < records.length; i++) {
                String text = new String(good(i), StandardCharsets.ISO_8859_1);
                boolean bad = i >= 2 && i <= 4;
                records[i] = bytes(bad ? text.replace(damage.getKey(), damage.getValue()) : text);
            }
            List<String> expected = List.of("http://e.org/0", "http://e.org/1", "http://e.org/5", "http://e.org/6");
            byte[][] zstd = Arrays.stream(records).map(WarcVariantsTest::zstd).toArray(byte[][]::new);
            byte[][] gzip = Arrays.stream(records).map(GunzipTest::gzip).toArray(byte[][]::new);
            for (byte[] file : List.of(join(records), join(gzip), join(zstd))) {
                assertEquals(expected, List.copyOf(read("a.warc", file).keySet()), damage.getKey());
                assertEquals(3, rejected.size(), () -> damage.getKey() + rejected);
            }
        }
    }

    @Test
    void threeDamagedMembersInARowAreThreeRejections() throws IOException {
        List<String> expected = List.of("http://e.org/0", "http://e.org/1", "http://e.org/5", "http://e.org/6");
        for (int at : new int[] {20, 40, 100, -6}) {
            byte[][] gzip = new byte[7][];
            byte[][] zstd = new byte[7][];
            for (int i = 0; i < gzip.length; i++) {
                gzip[i] = GunzipTest.gzip(good(i));
                zstd[i] = zstd(good(i));
                if (i >= 2 && i <= 4) {
                    gzip[i][at < 0 ? gzip[i].length + at : at] ^= 0x55;
                    Arrays.fill(zstd[i], 8, 30, (byte) 0xff);
                }
            }
            List<String> read = List.copyOf(read("a.warc.gz", join(gzip)).keySet());
            assertTrue(read.containsAll(expected), read::toString);
            assertEquals(3, rejected.size(), () -> at + " " + rejected);
            assertEquals(expected, List.copyOf(read("a.warc.zst", join(zstd)).keySet()));
            assertEquals(3, rejected.size(), rejected::toString);
        }
    }

    @Test
    void manyDamagedRecordsEndWithAWord() throws IOException {
        byte[] bad = bytes(
                new String(good(1), StandardCharsets.ISO_8859_1).replace("Content-Length: ", "Content-Length: x"));
        byte[][] records = new byte[2000][];
        Arrays.fill(records, bad);
        assertEquals(0, read("a.warc", join(join(records), good(2))).size());
        assertTrue(
                rejected.get(rejected.size() - 1)
                        .reason()
                        .equals("1000 records in a row that cannot be read; the rest is not read"),
                () -> rejected.get(rejected.size() - 1).toString());
    }

    private static byte[] arc(String uri, String more, byte[] block) {
        return join(bytes(uri + " 1.2.3.4 20240501000000 text/html " + more + block.length + "\n"), block, bytes("\n"));
    }

    @Test
    void arcFilesAreRead() throws IOException {
        byte[] about = bytes("1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n");
        byte[] head = join(
                bytes("filedesc://x.arc 0.0.0.0 20240501000000 text/plain " + about.length + "\n"), about, bytes("\n"));
        byte[] block = http("Content-Type: text/html\r\n", bytes(PAGE));
        byte[] untyped = http("", bytes(PAGE));
        byte[] one = arc("http://e.org/1", "", block);
        byte[] two = arc("http://e.org/2 b", "200 abc - 1234 x.arc.gz ", untyped);
        List<String> expected = List.of("http://e.org/1", "http://e.org/2 b");
        for (String name : List.of("a.arc", "a.warc", "a.arc.gz")) {
            assertEquals(expected, List.copyOf(read(name, join(head, one, two)).keySet()), name);
            assertEquals(List.of(), rejected);
        }
        byte[] packed = join(GunzipTest.gzip(head), GunzipTest.gzip(one), GunzipTest.gzip(two));
        assertEquals(expected, List.copyOf(read("a.arc.gz", packed).keySet()));
        assertEquals(List.of(), rejected);
        byte[] damaged =
                bytes(new String(one, StandardCharsets.ISO_8859_1).replaceFirst("text/html \\d", "text/html x"));
        assertEquals(
                List.of("http://e.org/2 b"),
                List.copyOf(read("a.arc", join(head, damaged, two)).keySet()));
        assertEquals(1, rejected.size());
    }

    private static byte[] zip(boolean stored, Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry header = new ZipEntry(entry.getKey());
                if (stored) {
                    CRC32 crc = new CRC32();
                    crc.update(entry.getValue());
                    header.setMethod(ZipEntry.STORED);
                    header.setSize(entry.getValue().length);
                    header.setCrc(crc.getValue());
                }
                zip.putNextEntry(header);
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        return out.toByteArray();
    }

    @Test
    void waczFilesAreRead() throws IOException {
        byte[] damaged = GunzipTest.gzip(good(3));
        damaged[20] ^= 0x55;
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("datapackage.json", bytes("{}"));
        entries.put("archive/", new byte[0]);
        entries.put("archive/a.warc.gz", join(GunzipTest.gzip(good(1)), damaged, GunzipTest.gzip(good(4))));
        entries.put("archive/b.warc", good(2));
        entries.put("pages/pages.jsonl", bytes("{}"));
        for (boolean stored : new boolean[] {true, false}) {
            assertEquals(
                    List.of("http://e.org/1", "http://e.org/4", "http://e.org/2"),
                    List.copyOf(read("a.wacz", zip(stored, entries)).keySet()));
            assertEquals(1, rejected.size(), rejected::toString);
            assertEquals(
                    folder.resolve("a.wacz") + "!/archive/a.warc.gz",
                    rejected.get(0).source().replaceFirst("!/http.*", ""));
        }
        read("a.wacz", zip(true, Map.of("x.txt", bytes("x"))));
        assertEquals("no web archive in this zip archive", rejected.get(0).reason());
        read("a.wacz", bytes("this is no zip archive"));
        assertEquals(1, rejected.size());
    }

    @Test
    void archivesOfEveryKindAreFoundInFolders() throws IOException {
        Files.write(folder.resolve("a.arc.gz"), GunzipTest.gzip(arc("http://e.org/a", "", http("", bytes(PAGE)))));
        Files.write(folder.resolve("b.wacz"), zip(true, Map.of("archive/b.warc", good(1))));
        Files.write(folder.resolve("c.warc.zst"), zstd(good(2)));
        assertEquals(
                List.of("http://e.org/a", "http://e.org/1", "http://e.org/2"),
                List.copyOf(read(folder).keySet()));
        assertEquals(List.of(), rejected);
    }

    @Test
    void packedBodiesBeyondTheLimitAreRejected() throws IOException {
        byte[] zeros = new byte[30 << 20];
        for (byte[] bomb : List.of(GunzipTest.gzip(zeros), zstd(zeros), GunzipTest.gzip(GunzipTest.gzip(zeros)))) {
            byte[] record = response("http://e.org/", http("Content-Type: text/html\r\n", bomb));
            assertEquals(1, read("a.warc", join(record, good(2))).size());
            assertEquals(
                    "more than 2097152 bytes, the limit of a page",
                    rejected.get(0).reason());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "warc-content-encoding/binary.warc.gz",
                "warc-content-encoding/br.warc.gz",
                "warc-content-encoding/br-header-plain-body.warc.gz",
                "warc-content-encoding/gzip-gzip.warc.gz",
                "warc-content-encoding/gzip-header-plain-body.warc.gz",
                "warc-content-type-silent/identified.warc.gz",
                "warc-content-type-silent/no-semicolon.warc.gz",
                "warc-content-type-silent/space-before-semicolon.warc.gz",
                "warc-content-type-silent/trailing-slash.warc.gz",
                "warc-lf-only/lf.warc",
                "warc-other-containers/a.arc.gz",
                "warc-other-containers/a.wacz",
                "warc-other-containers/gz-named-plain.warc.gz",
                "warc-other-containers/x.warc.zst",
                "warc-uri-brackets/wget.warc.gz"
            })
    void theCasesOfArchivesAreRead(String name) throws IOException {
        Map<String, String> pages = read(ReferenceData.file("cases/" + name));
        assertEquals(List.of(), rejected);
        boolean two = name.contains("silent")
                || name.contains("lf-only")
                || name.contains("plain.warc") && name.contains("named");
        assertEquals(two ? 2 : 1, pages.size());
        pages.forEach((source, text) -> {
            assertTrue(source.startsWith("http://example.org/"), source);
            assertTrue(text.contains("How to build number"), text);
        });
    }
}
