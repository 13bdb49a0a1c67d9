package io.humpback.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that {@code https_proxy}, {@code http_proxy} and {@code all_proxy} name, and the hosts in {@code no_proxy} that
 * need none, as curl and Python's clients read them: small letters first, suffixes of host names, {@code *} for all.
 */
final class EnvironmentProxies extends ProxySelector {

    private final Map<String, Proxy> byScheme = new HashMap<>();
    private final List<String> direct = new ArrayList<>();

    private EnvironmentProxies() {}

    /**
     * {@return the proxies of an environment, nothing where it names none and the JVM's own settings hold}
     *
     * @throws IOException if a variable cannot be understood; the message names it
     */
    static Optional<ProxySelector> of(Map<String, String> environment) throws IOException {
        EnvironmentProxies proxies = new EnvironmentProxies();
        for (String scheme : new String[] {"http", "https"}) {
            for (String name : new String[] {scheme + "_proxy", "all_proxy"}) {
                String variable = environment.getOrDefault(name, "").isBlank() ? name.toUpperCase(Locale.ROOT) : name;
                String value = environment.getOrDefault(variable, "").strip();
                if (!value.isEmpty() && !proxies.byScheme.containsKey(scheme)) {
                    proxies.byScheme.put(scheme, proxy(variable, value));
                }
            }
        }
        String without = environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
        for (String host : without.toLowerCase(Locale.ROOT).split("[,\\s]+")) {
            if (!host.isEmpty()) {
                proxies.direct.add(host.replaceFirst("^\\*?\\.", ""));
            }
        }
        return proxies.byScheme.isEmpty() ? Optional.empty() : Optional.of(proxies);
    }

    private static Proxy proxy(String variable, String value) throws IOException {
        URI address = null;
        try {
            address = URI.create(value.contains("://") ? value : "http://" + value);
        } catch (IllegalArgumentException e) {
            // said below
        }
        if (address == null || address.getHost() == null || !"http".equalsIgnoreCase(address.getScheme())) {
            throw new IOException(variable + ": found an address that is not such as http://proxy.example:8080");
        }
        if (address.getRawUserInfo() != null) { // not quoted: it holds a password
            throw new IOException(
                    variable + ": found a user name in the address, which Java's client does not send to a"
                            + " proxy; expected http://" + address.getHost() + ":PORT");
        }
        int port = address.getPort() < 0 ? 80 : address.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port));
    }

    @Override
    public List<Proxy> select(@Nullable URI uri) {
        if (uri == null || uri.getHost() == null || isDirect(uri)) {
            return List.of(Proxy.NO_PROXY);
        }
        return List.of(byScheme.getOrDefault(String.valueOf(uri.getScheme()), Proxy.NO_PROXY));
    }

    private boolean isDirect(URI uri) {
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        String withPort = host + ":" + HubClient.port(uri);
        return direct.stream()
                .anyMatch(name -> name.equals("*")
                        || host.equals(name)
                        || withPort.equals(name)
                        || host.endsWith("." + name)
                        || withPort.endsWith("." + name));
    }

    @Override
    public void connectFailed(@Nullable URI uri, @Nullable SocketAddress proxy, @Nullable IOException failure) {
        // the request itself fails, and says so
    }
}
