package io.humpback.hub;

import io.humpback.internal.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A file as the hub describes it.
 *
 * @param size bytes
 * @param hash of its content, in hexadecimal: SHA-256 of a large file, of others the SHA-1 that git gives it; its name in the
 *     cache
 */
record HubFile(long size, String hash) {

    private static final int SHA_256 = 64;

    /** {@return whether the description can be true} */
    boolean isWhole() {
        return size >= 0 && hash.matches("[0-9a-f]{40}|[0-9a-f]{64}");
    }

    /** {@return the name of the hash} */
    String algorithm() {
        return hash.length() == SHA_256 ? "SHA-256" : "git SHA-1";
    }

    /** {@return a digest that gives the hash when it has taken in the content} */
    MessageDigest digest() {
        if (hash.length() == SHA_256) {
            return Sha256.digest();
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-1", e);
        }
    }
}
