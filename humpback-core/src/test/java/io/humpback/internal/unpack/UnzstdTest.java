package io.humpback.internal.unpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;

class UnzstdTest {

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void framesAreReadOneAfterAnotherAndKnowWhereTheyBegin() throws IOException {
        byte[] a = noise(200_000);
        byte[] packed = Zstd.compress(a);
        byte[] skipped = {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
        byte[] b = "the second frame".getBytes();
        byte[] file = join(packed, skipped, Zstd.compress(b));
        try (Unzstd in = new Unzstd(new ByteArrayInputStream(file), 1000, null)) {
            assertArrayEquals(a, in.readNBytes(a.length));
            assertEquals(1000, in.memberStart());
            assertArrayEquals(b, in.readAllBytes());
            assertEquals(1000 + packed.length + skipped.length, in.memberStart());
        }
        try (Unzstd in = new Unzstd(InputStream.nullInputStream(), 0, null)) {
            assertEquals(-1, in.read());
        }
    }

    @Test
    void damageIsNamedWithTheFrame() {
        byte[] packed = Zstd.compress(noise(5000));
        assertThrows(EOFException.class, () -> read(Arrays.copyOf(packed, 3000)));
        byte[] other = packed.clone();
        Arrays.fill(other, 4, 12, (byte) 0xff);
        assertThrows(ZipException.class, () -> read(other));
        assertThrows(ZipException.class, () -> read("no frame at all".getBytes()));
    }

    private static byte[] read(byte[] file) throws IOException {
        try (Unzstd in = new Unzstd(new ByteArrayInputStream(file), 0, null)) {
            return in.readAllBytes();
        }
    }

    @Test
    void onlyAFirstFrameOfItsKindIsADictionary() throws IOException {
        byte[] words = noise(100);
        byte[] frame = join(new byte[] {0x5d, 0x2a, 0x4d, 0x18, 100, 0, 0, 0}, words);
        assertArrayEquals(words, Unzstd.dictionary(new ByteArrayInputStream(frame)));
        assertNull(Unzstd.dictionary(new ByteArrayInputStream(Zstd.compress(words))));
        assertNull(Unzstd.dictionary(InputStream.nullInputStream()));
        byte[] huge = {0x5d, 0x2a, 0x4d, 0x18, -1, -1, -1, -1};
        assertEquals(
                "a dictionary of 4294967295 bytes, expected at most 67108864",
                assertThrows(ZipException.class, () -> Unzstd.dictionary(new ByteArrayInputStream(huge)))
                        .getMessage());
    }
}
