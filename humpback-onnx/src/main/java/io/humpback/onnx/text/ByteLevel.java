package io.humpback.onnx.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The byte-level alphabet of GPT-2 (<a href="https://github.com/openai/gpt-2/blob/master/src/encoder.py">encoder.py</a>,
 * {@code bytes_to_unicode}), in which tokens are written: one printable character for each of the 256 bytes. A byte
 * that is printable in Latin-1 stands for itself, the others are numbered from U+0100 on.
 */
final class ByteLevel {

    private static final int SYMBOLS = 0x144;

    /** The byte of each character of the alphabet, -1 for other characters. */
    private static final short[] BYTE_OF = new short[SYMBOLS];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        int next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            BYTE_OF[printable ? b : next++] = (short) b;
        }
    }

    private ByteLevel() {}

    /** {@return the bytes a token stands for; its own UTF-8 bytes where it is not written in the alphabet} */
    static byte[] bytes(String token) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c >= SYMBOLS || BYTE_OF[c] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes.write(BYTE_OF[c]);
        }
        return bytes.toByteArray();
    }
}
