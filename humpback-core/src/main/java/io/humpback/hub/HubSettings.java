package io.humpback.hub;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hub, and where its files are kept, as Python's {@code huggingface_hub} reads it from the environment.
 *
 * @param endpoint {@code HF_ENDPOINT}, without a slash at its end
 * @param cache {@code HF_HUB_CACHE}, or {@code hub} in {@code HF_HOME}
 * @param token {@code HF_TOKEN}, or the one that {@code hf auth login} stored
 * @param tokenFrom where the token is from, for people
 * @param offline {@code HF_HUB_OFFLINE}
 * @param timeout how long the hub may be silent, {@code HF_HUB_DOWNLOAD_TIMEOUT}
 * @param proxies the way to the hub where the environment names proxies, otherwise the JVM's
 */
record HubSettings(
        URI endpoint,
        Path cache,
        Optional<String> token,
        String tokenFrom,
        boolean offline,
        Duration timeout,
        Optional<ProxySelector> proxies) {

    private static final String STANDARD_ENDPOINT = "https://huggingface.co";
    private static final int STANDARD_TIMEOUT = 30;
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");

    /**
     * {@return the settings of an environment}
     *
     * @param home the user's home folder
     * @throws IOException if a variable cannot be understood; the message names it
     */
    static HubSettings of(Map<String, String> environment, Path home) throws IOException {
        Path caches = path(environment, home, "XDG_CACHE_HOME", home.resolve(".cache"));
        Path hub = path(environment, home, "HF_HOME", caches.resolve("huggingface"));
        Path older = path(environment, home, "HUGGINGFACE_HUB_CACHE", hub.resolve("hub"));
        String from = "none";
        String token = null;
        for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            if (token == null && !environment.getOrDefault(name, "").isBlank()) {
                token = token(name, environment.get(name));
                from = name;
            }
        }
        Path stored = path(environment, home, "HF_TOKEN_PATH", hub.resolve("token"));
        if (token == null && Files.isReadable(stored) && Files.size(stored) < 1 << 12) {
            String text = Files.readString(stored);
            token = text.isBlank() ? null : token(stored.toString(), text);
            from = token == null ? from : stored.toString();
        }
        if (isTrue(environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
            token = null;
            from = "none, HF_HUB_DISABLE_IMPLICIT_TOKEN";
        }
        return new HubSettings(
                endpoint(environment.getOrDefault("HF_ENDPOINT", "")),
                path(environment, home, "HF_HUB_CACHE", older).toAbsolutePath(),
                Optional.ofNullable(token),
                from,
                isTrue(environment.getOrDefault("HF_HUB_OFFLINE", environment.get("TRANSFORMERS_OFFLINE"))),
                timeout(environment.getOrDefault("HF_HUB_DOWNLOAD_TIMEOUT", "")),
                EnvironmentProxies.of(environment));
    }

    private static boolean isTrue(@Nullable String value) {
        return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
    }

    private static URI endpoint(String value) throws IOException {
        String text = value.isBlank() ? STANDARD_ENDPOINT : value.strip().replaceFirst("/+$", "");
        try {
            URI endpoint = URI.create(text);
            if (Set.of("http", "https").contains(String.valueOf(endpoint.getScheme())) && endpoint.getHost() != null) {
                return endpoint;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IOException("HF_ENDPOINT: found " + text + ", expected such as " + STANDARD_ENDPOINT);
    }

    private static Duration timeout(String value) throws IOException {
        if (value.isBlank()) {
            return Duration.ofSeconds(STANDARD_TIMEOUT);
        }
        if (!value.strip().matches("[1-9]\\d{0,4}")) {
            throw new IOException("HF_HUB_DOWNLOAD_TIMEOUT: found " + value + ", expected seconds");
        }
        return Duration.ofSeconds(Long.parseLong(value.strip()));
    }

    private static String token(String from, @Nullable String text) throws IOException {
        String token = String.valueOf(text).strip();
        if (!token.matches("[!-~]+")) { // it goes into a header
            throw new IOException(from + ": found something else than a token, expected visible ASCII characters");
        }
        return token;
    }

    /** {@return a folder that a variable names, with {@code ~} and variables in it, as Python expands them} */
    private static Path path(Map<String, String> environment, Path home, String name, Path otherwise) {
        String value = environment.getOrDefault(name, "");
        if (value.isBlank()) {
            return otherwise;
        }
        String expanded = value.equals("~") || value.startsWith("~/") ? home + value.substring(1) : value;
        return Path.of(VARIABLE.matcher(expanded).replaceAll(found -> {
            String variable = found.group(1) == null ? found.group(2) : found.group(1);
            return Matcher.quoteReplacement(environment.getOrDefault(variable, found.group()));
        }));
    }

    /** Does not tell the token. */
    @Override
    public String toString() {
        return endpoint + ", cache " + cache + ", token " + (token.isPresent() ? "from " + tokenFrom : "none")
                + (offline ? ", offline" : "");
    }
}
