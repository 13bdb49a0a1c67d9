package io.humpback.onnx.text;

import io.humpback.model.ModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's table of replacements, which a Precompiled normalizer carries: a double array of prefixes, XOR-compressed, and
 * the texts that replace them, each ended by a zero. The native library reads it unchecked; here every path through it is walked.
 */
final class CharsMap {

    private static final int MAX_BYTES = 16 << 20;

    private final int[] units;
    private final ByteBuffer texts;

    private CharsMap(int[] units, ByteBuffer texts) {
        this.units = units;
        this.texts = texts;
    }

    /**
     * Checks a table.
     *
     * @param what names it in the message of a refusal
     * @throws ModelException if a text could lead outside of it
     */
    static void check(String what, String base64) {
        boolean sound = base64.length() <= MAX_BYTES;
        if (sound) {
            try {
                byte[] decoded = Base64.getDecoder().decode(base64);
                ByteBuffer bytes = ByteBuffer.wrap(decoded).order(ByteOrder.LITTLE_ENDIAN);
                int length = bytes.remaining() < Integer.BYTES ? 0 : bytes.getInt();
                sound = length >= Integer.BYTES && length % Integer.BYTES == 0 && length <= bytes.remaining();
                sound &= Base64.getEncoder()
                        .encodeToString(decoded)
                        .equals(base64); // the library takes no other spelling
                if (sound) {
                    int[] units = new int[length / Integer.BYTES];
                    bytes.asIntBuffer().get(units);
                    bytes.position(bytes.position() + length);
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate());
                    sound = new CharsMap(units, bytes.slice()).isSound();
                }
            } catch (IllegalArgumentException | CharacterCodingException e) {
                sound = false;
            }
        }
        if (!sound) {
            throw new ModelException(what + ": not a table of replacements that can be read safely");
        }
    }

    /** A unit holds the byte that leads to it, where its children begin, and whether the first child is a value. */
    private boolean isSound() {
        BitSet seen = new BitSet();
        Deque<Integer> open = new ArrayDeque<>();
        int root = offset(units[0]);
        open.add(root);
        seen.set(root);
        while (!open.isEmpty()) {
            int children = open.remove();
            if ((children | 0xff) >= units.length) {
                return false;
            }
            for (int c = 1; c < 256; c++) {
                int unit = units[children ^ c];
                if ((unit & 0x800000ff) != c) {
                    continue;
                }
                int next = children ^ c ^ offset(unit);
                if ((unit >> 8 & 1) == 1 && !(next < units.length && isStart(units[next] & Integer.MAX_VALUE))) {
                    return false;
                }
                if (!seen.get(next)) {
                    seen.set(next);
                    open.add(next);
                }
            }
        }
        return true;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >> 6);
    }

    /** {@return whether a text may begin there: inside, and not within a character} */
    private boolean isStart(int place) {
        return place == texts.limit() || place < texts.limit() && (texts.get(place) & 0xc0) != 0x80;
    }
}
