package io.humpback.onnx.text;

import static java.util.Objects.requireNonNull;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.djl.util.Utils;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.OwnThread;
import io.humpback.model.ModelException;
import io.humpback.onnx.text.TokenizerDefinition.AddedToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A byte-level BPE tokenizer, as Llama 3 and SmolLM have, over the native library of Hugging Face tokenizers. Safe for
 * use from many threads; holds native memory until it is closed. Nothing is ever added, cut or padded, save the one
 * token that {@link #encodePrompt} may put first.
 *
 * <p>The text of a control token, such as {@code <|eot_id|>}, becomes that token only in text that is trusted. The
 * native library knows the control tokens by secret names instead of their own, so that no text can hold one unless it
 * was put there; in trusted text the control tokens' own names are replaced by the secret ones. User text is thus never
 * a control token, and trusted and user text may still be tokenised as one, with merges across their seams.
 *
 * <p>A lone surrogate is read as U+FFFD. A character for whose bytes the vocabulary has no tokens is left out, as the
 * reference implementations do; Llama 3 has all bytes, SmolLM2 lacks six control characters and a few of UTF-8's
 * rarest bytes.
 */
public final class Tokenizer implements AutoCloseable {

    /**
     * Characters that are tokenised at once. Far more than any context holds; the native library ends the process on
     * white space of some ten million characters.
     */
    public static final int MAX_CHARS = 1 << 20;

    private static final TokenizersLibrary NATIVE = TokenizersLibrary.LIB;

    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();
    private final Map<String, Integer> ids;
    /** Bytes of each id, null for an id that no token has. */
    private final byte[] @Nullable [] bytes;

    private final Set<Integer> controlIds;
    private final Map<String, String> secretNames;
    private final List<String> bounds;
    private final int[] controlLengths;
    private final @Nullable String bos;
    private final @Nullable String eos;
    private final boolean addsBos;
    private final boolean splitsAtLineEnds;
    private final boolean byteLevel;
    private final boolean spacesBeginnings;
    private long handle;

    private Tokenizer(TokenizerDefinition definition, String source) {
        ids = new HashMap<>(definition.vocabulary());
        controlIds = new TreeSet<>();
        secretNames = new HashMap<>();
        bounds = new ArrayList<>();
        String secret = secret();
        for (AddedToken token : definition.added()) {
            ids.put(token.content(), token.id());
            if (token.control()) {
                controlIds.add(token.id());
                String name = secret + Integer.toHexString(token.id()) + '\uE001';
                secretNames.put(token.content(), name);
                if (!token.lstrip()
                        && !(token.normalized() && definition.normalizer().isObject())) {
                    bounds.add(name);
                }
            }
        }
        controlLengths = secretNames.keySet().stream()
                .mapToInt(String::length)
                .boxed()
                .distinct()
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
        bytes = new byte[ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1][];
        byteLevel = definition.isByteLevel();
        spacesBeginnings = definition.spacesBeginnings();
        definition.vocabulary().forEach((token, id) -> bytes[id] = ByteLevel.bytes(token));
        definition.added().forEach(token -> bytes[token.id()] = token.content().getBytes(StandardCharsets.UTF_8));
        bos = definition.bos();
        eos = definition.eos();
        addsBos = definition.addsBos();
        splitsAtLineEnds = definition.splitsAtLineEnds();
        handle = open(TokenizerJson.write(definition, secretNames), source);
        try {
            for (AddedToken token : definition.added()) {
                int[] found = encode(token.content());
                if (found.length != 1 || found[0] != token.id()) {
                    throw new ModelException(source + ": added token " + TokenizerDefinition.quoted(token.content())
                            + ": has id " + token.id() + ", expected " + Arrays.toString(found)
                            + ", which its place in the list gives it");
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Opens the tokenizer of a Hugging Face folder.
     *
     * @param tokenizerJson the text of tokenizer.json
     * @param tokenizerConfigJson the text of tokenizer_config.json, null if there is none
     * @return the tokenizer
     * @throws ModelException if the files are not those of a byte-level BPE tokenizer
     */
    public static Tokenizer of(String tokenizerJson, @Nullable String tokenizerConfigJson) {
        return new Tokenizer(TokenizerJson.parse(tokenizerJson, tokenizerConfigJson), "tokenizer.json");
    }

    /**
     * Opens the tokenizer that a GGUF file holds.
     *
     * @param metadata the file's key-value pairs; arrays as lists, as objects or as primitives
     * @return the tokenizer
     * @throws ModelException if they are not those of a byte-level BPE tokenizer with a known pre-tokenizer
     */
    public static Tokenizer ofGguf(Map<String, ?> metadata) {
        return new Tokenizer(GgufVocabulary.read(metadata), "tokenizer.ggml");
    }

    /**
     * {@return the tokenizer.json that stands for a GGUF file's metadata, whole: with post-processor and decoder}
     *
     * @param metadata as for {@link #ofGguf}
     */
    public static String jsonOfGguf(Map<String, ?> metadata) {
        return GgufVocabulary.tokenizerJson(metadata);
    }

    /**
     * {@return the tokenizer_config.json that goes with {@link #jsonOfGguf}, without a chat template}
     *
     * @param metadata as for {@link #ofGguf}
     */
    public static ObjectNode configOfGguf(Map<String, ?> metadata) {
        return GgufVocabulary.tokenizerConfig(metadata);
    }

    /**
     * {@return the ids of trusted text} The text of a control token becomes that token. No token is added.
     *
     * @param text at most {@link #MAX_CHARS} characters
     */
    public int[] encode(String text) {
        return encodeMarked(marked(text));
    }

    /**
     * {@return the ids of text that is data} The text of a control token stays text. No token is added.
     *
     * @param text at most {@link #MAX_CHARS} characters
     */
    public int[] encodePlain(String text) {
        return encodeMarked(text);
    }

    /**
     * {@return the ids of a whole prompt of trusted text} The text of a control token becomes that token, and one
     * beginning-of-sequence token is put first where the model wants one and the text does not begin with it.
     *
     * @param text at most {@link #MAX_CHARS} characters
     */
    public int[] encodePrompt(String text) {
        return begun(encode(text));
    }

    /**
     * {@return the text of ids} Bytes that are no UTF-8 become U+FFFD.
     *
     * @param ids ids in [0, {@link #vocabularySize()}); one that no token has counts as no text
     * @param skipSpecial whether control tokens count as no text
     */
    public String decode(int[] ids, boolean skipSpecial) {
        byte[] written = bytes(ids, skipSpecial);
        if (byteLevel) {
            return new String(written, StandardCharsets.UTF_8);
        }
        long[] wide = Arrays.stream(ids).asLongStream().toArray();
        String text = opened(() -> NATIVE.decode(handle, wide, skipSpecial));
        for (Map.Entry<String, String> token : secretNames.entrySet()) {
            text = text.replace(token.getValue(), token.getKey());
        }
        return text;
    }

    /** {@return one more than the highest id} */
    public int vocabularySize() {
        return bytes.length;
    }

    /** {@return one more than the highest id that text without control tokens can have} */
    public int textSize() {
        int highest = bytes.length - 1;
        while (highest >= 0 && (bytes[highest] == null || controlIds.contains(highest))) {
            highest--;
        }
        return highest + 1;
    }

    /**
     * {@return the id of a token as the vocabulary writes it}
     *
     * @param token such as {@code "Ġthe"}
     */
    Optional<Integer> id(String token) {
        return Optional.ofNullable(ids.get(token));
    }

    /** {@return the ids of all control tokens, ascending} */
    public Set<Integer> controlIds() {
        return java.util.Collections.unmodifiableSet(controlIds);
    }

    /** {@return the id of the beginning-of-sequence token} */
    public OptionalInt bosId() {
        return bos == null ? OptionalInt.empty() : OptionalInt.of(requireNonNull(ids.get(bos)));
    }

    /** {@return the id of the end-of-sequence token} */
    public OptionalInt eosId() {
        return eos == null ? OptionalInt.empty() : OptionalInt.of(requireNonNull(ids.get(eos)));
    }

    /** {@return the text of the beginning-of-sequence token, empty if there is none, as chat templates want it} */
    public String bosToken() {
        return bos == null ? "" : bos;
    }

    /** {@return the text of the end-of-sequence token, empty if there is none, as chat templates want it} */
    public String eosToken() {
        return eos == null ? "" : eos;
    }

    /** {@return whether the model wants the beginning-of-sequence token before every text} */
    public boolean addsBos() {
        return addsBos;
    }

    /** Frees native memory. Idempotent. Encoding afterwards throws an {@link IllegalStateException}. */
    @Override
    public void close() {
        Lock lock = lifetime.writeLock();
        lock.lock();
        try {
            if (handle != 0) {
                NATIVE.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    /** {@return trusted text in which each control token stands by its secret name} */
    String marked(String trusted) {
        StringBuilder out = new StringBuilder(trusted.length() + 64);
        int at = 0;
        while (at < trusted.length()) {
            String token = controlAt(trusted, at);
            if (token == null) {
                out.append(trusted.charAt(at++));
            } else {
                out.append(secretNames.get(token));
                at += token.length();
            }
        }
        return out.toString();
    }

    /**
     * {@return where marked text may be cut in two that are tokenised each by itself: before its last control token, for
     * nothing merges across one; 0 if there is none} Not behind it, since some tokenizers put a space before what begins a text.
     */
    int cut(String marked) {
        int cut = 0;
        for (String name : bounds) {
            cut = Math.max(cut, marked.lastIndexOf(name));
        }
        return cut;
    }

    /** {@return whether text may be cut between a single line end and the letter or digit after it, as at a control token} */
    boolean splitsAtLineEnds() {
        return splitsAtLineEnds;
    }

    /** {@return whether a text that is encoded by itself gets a space before it} */
    boolean spacesBeginnings() {
        return spacesBeginnings;
    }

    /** {@return the ids of text in which control tokens stand by their secret names} */
    int[] encodeMarked(String text) {
        if (text.length() > MAX_CHARS) {
            throw new ModelException("text of " + text.length() + " characters: expected at most " + MAX_CHARS);
        }
        String wellFormed = wellFormed(text);
        return opened(() -> {
            long encoding = NATIVE.encode(handle, wellFormed, false);
            try {
                return Arrays.stream(NATIVE.getTokenIds(encoding))
                        .mapToInt(Math::toIntExact)
                        .toArray();
            } finally {
                NATIVE.deleteEncoding(encoding);
            }
        });
    }

    /** {@return what the native library gives, which nobody closes meanwhile} */
    private <T> T opened(Supplier<T> call) {
        Lock lock = lifetime.readLock();
        lock.lock();
        try {
            if (handle == 0) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            try {
                return call.get();
            } catch (RuntimeException e) { // such as a word without a token where there is no token for unknown ones
                throw new ModelException("tokenizer: " + e.getMessage(), e);
            }
        } finally {
            lock.unlock();
        }
    }

    /** {@return the ids with the beginning-of-sequence token first where the model wants it and it is not there} */
    private int[] begun(int[] ids) {
        if (!addsBos || ids.length > 0 && ids[0] == bosId().getAsInt()) {
            return ids;
        }
        int[] begun = new int[ids.length + 1];
        begun[0] = bosId().getAsInt();
        System.arraycopy(ids, 0, begun, 1, ids.length);
        return begun;
    }

    /** {@return the longest control token whose text begins there, null if there is none} */
    private @Nullable String controlAt(String text, int at) {
        for (int length : controlLengths) {
            if (at + length <= text.length()) {
                String candidate = text.substring(at, at + length);
                if (secretNames.containsKey(candidate)) {
                    return candidate;
                }
            }
        }
        return null;
    }

    private byte[] bytes(int[] ids, boolean skipSpecial) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(4 * ids.length);
        for (int id : ids) {
            if (id < 0 || id >= bytes.length) {
                throw new ModelException("token id " + id + ": expected 0 to " + (bytes.length - 1));
            }
            if (bytes[id] != null && !(skipSpecial && controlIds.contains(id))) {
                out.writeBytes(bytes[id]);
            }
        }
        return out.toByteArray();
    }

    private static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else {
                repaired = repaired == null ? new StringBuilder(text) : repaired;
                repaired.setCharAt(i, '\uFFFD');
            }
        }
        return repaired == null ? text : repaired.toString();
    }

    /** {@return private-use characters that nobody can guess, 96 bits of them} */
    private static String secret() {
        SecureRandom random = new SecureRandom();
        StringBuilder secret = new StringBuilder("\uE000");
        for (int i = 0; i < 8; i++) {
            secret.append((char) (0xE800 + random.nextInt(1 << 12)));
        }
        return secret.toString();
    }

    /** {@return where DJL unpacks its library, which it does not say itself where that fails, and what room there is} */
    private static String unpackedIn() {
        Path folder = Utils.getEngineCacheDir("tokenizers").toAbsolutePath();
        Path there = folder;
        while (there != null && !Files.isDirectory(there)) {
            there = there.getParent();
        }
        try {
            long free = there == null ? 0 : Files.getFileStore(there).getUsableSpace() >> 20;
            return "; it is unpacked in " + folder + ", which has " + free
                    + " MiB free, expected at least 16 that can be written (-DENGINE_CACHE_DIR takes another folder)";
        } catch (IOException e) {
            return "; it is unpacked in " + folder;
        }
    }

    private static long open(String json, String source) {
        // Where it sees a GPU, the library would fetch another build of itself from the network; the one in the jar
        // serves.
        if (System.getProperty("RUST_FLAVOR") == null && System.getenv("RUST_FLAVOR") == null) {
            System.setProperty("RUST_FLAVOR", "cpu");
        }
        try {
            OwnThread.call(
                    "humpback-tokenizer",
                    0,
                    () -> { // DJL's search for libraries swallows interrupts
                        LibUtils.checkStatus();
                        return NATIVE;
                    });
        } catch (ExecutionException e) {
            Throwable cause = requireNonNull(e.getCause());
            throw new ModelException(
                    "the native tokenizer library could not be loaded: " + cause.getMessage() + unpackedIn(), cause);
        }
        try {
            return NATIVE.createTokenizerFromString(json);
        } catch (RuntimeException e) {
            throw new ModelException(source + ": " + e.getMessage(), e);
        }
    }
}
