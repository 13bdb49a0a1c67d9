package io.humpback.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentProxiesTest {

    private static String way(Map<String, String> environment, String uri) throws IOException {
        Proxy proxy = EnvironmentProxies.of(environment)
                .orElseThrow()
                .select(URI.create(uri))
                .get(0);
        return proxy.address() instanceof InetSocketAddress address
                ? address.getHostString() + ":" + address.getPort()
                : "direct";
    }

    @Test
    void anEnvironmentWithoutProxiesLeavesTheJvmsOwn() throws IOException {
        assertTrue(EnvironmentProxies.of(Map.of("NO_PROXY", "*", "https_proxy", " "))
                .isEmpty());
    }

    @Test
    void eachSchemeHasItsProxyAndSmallLettersWin() throws IOException {
        Map<String, String> environment = Map.of(
                "https_proxy", "http://one.example:3128/", "HTTPS_PROXY", "http://two.example", "ALL_PROXY", "three:1");
        assertEquals("one.example:3128", way(environment, "https://huggingface.co/api"));
        assertEquals("three:1", way(environment, "http://huggingface.co/api"));
        assertEquals("direct", way(Map.of("HTTPS_PROXY", "http://one.example"), "http://huggingface.co"));
        assertEquals("one.example:80", way(Map.of("HTTPS_PROXY", "http://one.example"), "https://huggingface.co"));
    }

    @ParameterizedTest
    @CsvSource({
        "hub.example, https://hub.example/a, direct",
        "hub.example, https://cdn.hub.example/a, direct",
        ".hub.example, https://HUB.example, direct",
        "*.hub.example, https://cdn.hub.example, direct",
        "hub.example:443, https://hub.example, direct",
        "hub.example:8443, https://hub.example, p:1",
        "hub.example, https://nothub.example, p:1",
        "'localhost,127.0.0.1', https://127.0.0.1:80/, direct",
        "*, https://anywhere.example, direct",
        "'', https://anywhere.example, p:1"
    })
    void hostsThatNeedNoneAreReachedDirectly(String without, String uri, String way) throws IOException {
        assertEquals(way, way(Map.of("HTTPS_PROXY", "http://p:1", "NO_PROXY", without), uri));
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks5://p:1", "https://p:1", "http://", "p p", "http://user:secret@p:1"})
    void anotherAddressIsRefusedByTheVariablesNameAndNotQuoted(String value) {
        String message = assertThrows(IOException.class, () -> EnvironmentProxies.of(Map.of("HTTPS_PROXY", value)))
                .getMessage();
        assertTrue(message.startsWith("HTTPS_PROXY: found "), message);
        assertFalse(message.contains("secret"), message);
    }
}
