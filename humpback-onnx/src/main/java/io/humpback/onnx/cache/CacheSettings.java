package io.humpback.onnx.cache;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where the cache is and how large it may become: the system property {@code humpback.cache} or else the variable {@code
 * HUMPBACK_CACHE}, a folder or {@code off}, by default {@code humpback} in the user's folder of caches; and {@code
 * humpback.cache.gib} or {@code HUMPBACK_CACHE_GIB}, {@value #STANDARD_GIB} by default.
 *
 * @param folder where it is
 * @param maxBytes that all weights in it may have together
 */
public record CacheSettings(Path folder, long maxBytes) {

    private static final int STANDARD_GIB = 20;
    private static final String OFF = "off";

    /**
     * {@return the settings of this process, empty if there is to be no cache}
     *
     * @throws IllegalArgumentException if one cannot be understood; the message names it
     */
    public static Optional<CacheSettings> standard() {
        return of(System::getProperty, System.getenv());
    }

    static Optional<CacheSettings> of(UnaryOperator<@Nullable String> properties, Map<String, String> environment) {
        String folder = setting(properties, "humpback.cache", environment, "HUMPBACK_CACHE");
        if (OFF.equalsIgnoreCase(folder)) {
            return Optional.empty();
        }
        String gib = setting(properties, "humpback.cache.gib", environment, "HUMPBACK_CACHE_GIB");
        if (gib != null && !gib.matches("\\d{1,6}")) {
            throw new IllegalArgumentException("humpback.cache.gib = " + gib + ": expected a whole number of GiB");
        }
        long most = gib == null ? STANDARD_GIB : Long.parseLong(gib);
        try {
            Path place = folder == null ? standard(properties, environment) : Path.of(folder);
            return most == 0 ? Optional.empty() : Optional.of(new CacheSettings(place.toAbsolutePath(), most << 30));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("humpback.cache = " + folder + ": expected a folder, or " + OFF, e);
        }
    }

    private static @Nullable String setting(
            UnaryOperator<@Nullable String> properties,
            String property,
            Map<String, String> environment,
            String variable) {
        String set = properties.apply(property);
        String value = set == null ? environment.get(variable) : set;
        return value == null || value.isBlank() ? null : value.strip();
    }

    private static Path standard(UnaryOperator<@Nullable String> properties, Map<String, String> environment) {
        String caches = environment.get("XDG_CACHE_HOME");
        return caches != null && !caches.isBlank()
                ? Path.of(caches, "humpback")
                : Path.of(String.valueOf(properties.apply("user.home")), ".cache", "humpback");
    }
}
