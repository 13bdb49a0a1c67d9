package io.humpback.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Ids that are derived from content: equal content has equal ids, on every machine. */
public final class ContentId {

    private static final int BYTES = 10;

    private ContentId() {}

    /** {@return the first 20 hexadecimal digits of the SHA-256 of some texts, in order} */
    public static String of(String... parts) {
        MessageDigest sha = Sha256.digest();
        for (String part : parts) { // each after its length, so that no two lists of parts run together alike
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            sha.update(ByteBuffer.allocate(4).putInt(0, bytes.length));
            sha.update(bytes);
        }
        return HexFormat.of().formatHex(sha.digest(), 0, BYTES);
    }
}
