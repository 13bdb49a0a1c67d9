package io.humpback.examples.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.humpback.data.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** One request to a server of this program, and its answer. */
public final class LocalExchange implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    /** Bytes of a refused request that are read after the answer: who goes on sending would not see it otherwise. */
    private static final long MAX_REST = 16L << 20;

    private final HttpExchange exchange;

    public LocalExchange(HttpExchange exchange) {
        this.exchange = exchange;
        header("X-Content-Type-Options", "nosniff");
        header("Cache-Control", "no-store");
        header("Cross-Origin-Resource-Policy", "same-origin");
    }

    /** {@return the address that only this machine can reach} */
    public static InetAddress loopback() {
        try {
            return InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // four bytes are an address
        }
    }

    /**
     * {@return a server that listens and does not answer yet}
     *
     * @param port 0 for a free one
     * @throws DataException if it cannot listen there; the message names the option
     */
    public static HttpServer listen(InetAddress address, int port) throws IOException {
        try {
            return HttpServer.create(new InetSocketAddress(address, port), 0);
        } catch (BindException e) {
            String message = String.valueOf(e.getMessage());
            throw new DataException(
                    message.contains("in use")
                            ? "--port = " + port + ": is in use, expected a free one"
                            : address.getHostAddress() + ":" + port + ": " + message
                                    + ", expected another to listen on");
        }
    }

    /** {@return what is asked for, such as {@code /score}, with whatever was escaped in it unescaped} */
    public String path() {
        String path = exchange.getRequestURI().getPath();
        return path == null ? "" : path;
    }

    /** {@return such as {@code POST}} */
    public String method() {
        return exchange.getRequestMethod();
    }

    /** {@return a header of the request, empty if it is not there} */
    public String requestHeader(String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /** {@return whether the request names this machine as its host, which a name that was pointed here does not} */
    public boolean isToThisMachine() {
        return hosts().contains(requestHeader("Host"));
    }

    /** {@return whether a page of this server sent the request} */
    public boolean isFromOwnPage() {
        return hosts().stream().anyMatch(host -> requestHeader("Origin").equals("http://" + host));
    }

    /** {@return whether a page sent the request, of whatever site} */
    public boolean isFromPage() {
        return exchange.getRequestHeaders().containsKey("Origin");
    }

    private List<String> hosts() {
        int port = exchange.getLocalAddress().getPort();
        return List.of("127.0.0.1:" + port, "localhost:" + port);
    }

    /** Refuses a body that says it is of no such type, in another encoding than UTF-8, or packed. */
    public void requireBody(List<String> types) throws Refusal {
        String found = requestHeader("Content-Type");
        String[] parts = found.toLowerCase(Locale.ROOT).split(";", 2);
        boolean utf8 = parts.length == 1 || parts[1].strip().matches("charset=\"?utf-?8\"?");
        if (!types.contains(parts[0].strip()) || !utf8) {
            throw new Refusal(
                    415, "Content-Type = " + found + ": expected " + String.join(" or ", types) + " in UTF-8");
        }
        String packed = requestHeader("Content-Encoding");
        if (!packed.isEmpty() && !packed.equalsIgnoreCase("identity")) {
            throw new Refusal(415, "Content-Encoding = " + packed + ": expected none");
        }
    }

    /**
     * {@return the body as text}
     *
     * @param most bytes that it may have
     */
    public String body(int most) throws Refusal, IOException {
        requireLength(most);
        byte[] body = exchange.getRequestBody().readNBytes(most + 1);
        if (body.length > most) {
            throw tooLong(most);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refusal(400, "body: not UTF-8");
        }
    }

    /**
     * Writes the body to a file.
     *
     * @param most bytes that it may have
     */
    public void bodyTo(Path file, long most) throws Refusal, IOException {
        requireLength(most);
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            long length = 0;
            for (int n; (n = exchange.getRequestBody().read(buffer)) >= 0; length += n) {
                if (length + n > most) {
                    throw tooLong(most);
                }
                out.write(buffer, 0, n);
            }
        }
    }

    /** A body that says how long it is need not be read to be refused. */
    private void requireLength(long most) throws Refusal {
        String length = requestHeader("Content-Length");
        if (length.length() > 18 || !length.isEmpty() && Long.parseLong(length) > most) {
            throw tooLong(most);
        }
    }

    private static Refusal tooLong(long most) {
        return new Refusal(413, "body: too long, expected at most " + most + " bytes");
    }

    /** Sets a header of the answer. */
    public void header(String name, String value) {
        exchange.getResponseHeaders().set(name, value);
    }

    /** Answers with a text, and takes in what a refused client still sends. */
    public void send(int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        header("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        if (status >= 400) {
            exchange.getResponseBody().flush();
            readRest();
        }
    }

    private void readRest() {
        byte[] buffer = new byte[1 << 13]; // refusals come in thousands where a service is overloaded
        long read = 0;
        try {
            for (int n = 0; n >= 0 && read < MAX_REST; read += n) {
                n = exchange.getRequestBody().read(buffer);
            }
        } catch (IOException e) {
            // the client is gone or too slow; it has its answer
        }
    }

    /** {@return where an answer of unknown length is written to} */
    public OutputStream stream(String type) throws IOException {
        header("Content-Type", type);
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    /** Has the connection closed after the answer. */
    public void endConnection() {
        header("Connection", "close");
    }

    @Override
    public void close() {
        exchange.close();
    }
}
