package io.humpback.internal.unpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

public class GunzipTest {

    public static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] gunzip(byte[] bytes) throws IOException {
        try (Gunzip gunzip = new Gunzip(new ByteArrayInputStream(bytes), 0)) {
            return gunzip.readAllBytes();
        }
    }

    @Property(tries = 100)
    void membersAreReadAsOneStream(@ForAll @Size(max = 4) List<byte[]> members, @ForAll byte[] first)
            throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        packed.writeBytes(gzip(first));
        plain.writeBytes(first);
        for (byte[] member : members) {
            packed.writeBytes(gzip(member));
            plain.writeBytes(member);
        }
        assertArrayEquals(plain.toByteArray(), gunzip(packed.toByteArray()));
    }

    @Property(tries = 200)
    void aCutIsAlwaysSeen(@ForAll @Size(max = 300) byte[] bytes, @ForAll @IntRange(max = 299) int at) {
        byte[] packed = gzip(bytes);
        byte[] cut = Arrays.copyOf(packed, at % packed.length);
        assertThrows(EOFException.class, () -> gunzip(cut));
    }

    @Test
    void aMemberKnowsWhereItBegan() throws IOException {
        byte[] one = gzip(new byte[] {1});
        try (Gunzip gunzip = new Gunzip(new ByteArrayInputStream(join(one, gzip(new byte[] {2}))), 100)) {
            assertEquals(1, gunzip.read());
            assertEquals(100, gunzip.memberStart());
            assertEquals(2, gunzip.read());
            assertEquals(100 + one.length, gunzip.memberStart());
            assertEquals(-1, gunzip.read());
        }
    }

    @Test
    void optionalHeaderFieldsAreReadOver() throws IOException {
        byte[] plain = gzip(new byte[] {7, 8});
        byte[] header = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 0, 3, 0, 9, 9, 9, 'n', 0, 'c', 0, 1, 2};
        assertArrayEquals(new byte[] {7, 8}, gunzip(join(header, Arrays.copyOfRange(plain, 10, plain.length))));
    }

    @Test
    void zerosAfterTheLastMemberArePadding() throws IOException {
        assertArrayEquals(new byte[] {5}, gunzip(join(gzip(new byte[] {5}), new byte[512])));
    }

    @Test
    void rubbishAfterAMemberIsAFault() {
        byte[] packed = gzip(new byte[] {5});
        ZipException e =
                assertThrows(ZipException.class, () -> gunzip(join(packed, new byte[] {'o', 'h', ' ', 'n', 'o'})));
        assertEquals("byte " + packed.length + ": expected a gzip member, found something else", e.getMessage());
    }

    @Test
    void aWrongChecksumIsAFault() {
        byte[] packed = gzip("some text".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        packed[packed.length - 8] ^= 1;
        ZipException e = assertThrows(ZipException.class, () -> gunzip(packed));
        assertEquals("gzip member at byte 0 is damaged: its checksum or length differs", e.getMessage());
    }
}
