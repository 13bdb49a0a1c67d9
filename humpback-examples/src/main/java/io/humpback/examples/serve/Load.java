package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Clients of a service that ask for scores which they know, each over a connection of its own that is kept as long as the service
 * keeps it. Plain sockets: they take little of the machine that both run on, and hang up when they are told to.
 */
final class Load {

    private static final double TOLERANCE = 1e-3;
    private static final int MEMORY_SAMPLES = 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI url;
    private final List<Known> known;
    private final int requests;
    private final int connections;
    private final double rate;
    private final int rows;
    private final double abort;

    private final AtomicInteger next = new AtomicInteger();
    private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
    private final LongAdder scored = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final double[] millis;
    private final List<Long> memory = new ArrayList<>();
    private double seconds;

    /** A pair with the score that it has. */
    record Known(Example pair, double score) {}

    /**
     * @param rate requests a second, 0 for as many as go
     * @param rows pairs a request
     * @param abort the share of requests that are hung up on
     */
    Load(URI url, List<Known> known, int requests, int connections, double rate, int rows, double abort) {
        this.url = url;
        this.known = List.copyOf(known);
        this.requests = requests;
        this.connections = connections;
        this.rate = rate;
        this.rows = rows;
        this.abort = abort;
        millis = new double[requests];
    }

    /** Sends all requests, and returns when all are answered or lost. */
    void run() throws IOException, InterruptedException {
        memory.add(resident());
        long start = System.nanoTime();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            clients.add(new Thread(() -> work(start), "client " + i));
        }
        clients.forEach(Thread::start);
        for (int sample = 1; sample < MEMORY_SAMPLES; sample++) {
            while (next.get() < (long) requests * sample / MEMORY_SAMPLES) {
                Thread.sleep(50);
            }
            memory.add(resident());
        }
        for (Thread client : clients) {
            client.join();
        }
        seconds = (System.nanoTime() - start) / 1e9;
        memory.add(resident());
    }

    private void work(long start) {
        try (Connection connection = new Connection(url)) {
            for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
                long due = rate == 0 ? System.nanoTime() : start + Math.round(i / rate * 1e9);
                while (System.nanoTime() - due < 0) {
                    Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
                }
                one(connection, i);
                millis[i] = (System.nanoTime() - due) / 1e6;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Spreads the requests that are hung up on evenly. */
    private boolean isAborted(int request) {
        return Math.floor((request + 1) * abort) > Math.floor(request * abort);
    }

    private void one(Connection connection, int request) {
        try {
            connection.send(rows == 1 ? "/score" : "/scores", body(request));
            if (isAborted(request)) {
                connection.hangUp();
                count("hung up");
                return;
            }
            Reply reply = connection.receive();
            count(Integer.toString(reply.status));
            if (reply.status == 200) {
                check(request, reply.body);
            }
        } catch (IOException e) {
            connection.hangUp();
            count("lost");
            lost.increment();
        }
    }

    private void count(String answer) {
        answers.computeIfAbsent(answer, key -> new LongAdder()).increment();
    }

    private Known known(int request, int row) {
        return known.get((int) (((long) request * rows + row) % known.size()));
    }

    private byte[] body(int request) {
        StringBuilder body = new StringBuilder();
        for (int row = 0; row < rows; row++) {
            Example pair = known(request, row).pair();
            ObjectNode json = JsonLines.row()
                    .put("id", request + "-" + row)
                    .put("instruction", pair.instruction())
                    .put("response", pair.response());
            body.append(json).append(rows == 1 ? "" : "\n");
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Counts the answers that are not those of their pairs, in their order. */
    private void check(int request, String body) throws IOException {
        List<String> lines = body.lines().toList();
        wrong.add(Math.abs(lines.size() - rows));
        for (int row = 0; row < Math.min(rows, lines.size()); row++) {
            JsonNode answer = JSON.readTree(lines.get(row));
            double expected = known(request, row).score();
            boolean right = answer.path("id").asText().equals(request + "-" + row)
                    && answer.path("score").isNumber()
                    && !(Math.abs(answer.path("score").doubleValue() - expected) > TOLERANCE);
            (right ? scored : wrong).increment();
        }
    }

    private long resident() throws IOException {
        try (Connection connection = new Connection(url)) {
            connection.send("/metrics", null);
            return connection
                    .receive()
                    .body
                    .lines()
                    .filter(line -> line.startsWith("process_resident_memory_bytes "))
                    .mapToLong(line -> Long.parseLong(line.split(" ")[1]))
                    .findFirst()
                    .orElse(0);
        }
    }

    double seconds() {
        return seconds;
    }

    long answered() {
        return requests - lost.sum();
    }

    /** {@return pairs whose score came, and is theirs} */
    long scored() {
        return scored.sum();
    }

    long wrong() {
        return wrong.sum();
    }

    long lost() {
        return lost.sum();
    }

    /** {@return how many requests ended in which way} */
    Map<String, Long> answers() {
        Map<String, Long> counts = new TreeMap<>();
        answers.forEach((answer, count) -> counts.put(answer, count.sum()));
        return counts;
    }

    /** {@return the time from when a request was due to the end of its answer} */
    Map<String, Double> percentiles() {
        double[] sorted = millis.clone();
        Arrays.sort(sorted);
        Map<String, Double> percentiles = new LinkedHashMap<>();
        for (int percent : new int[] {50, 95, 99, 100}) {
            percentiles.put(percent + " %", sorted[(int) Math.ceil(percent / 100.0 * sorted.length) - 1]);
        }
        return percentiles;
    }

    /** {@return bytes of the service in memory at the beginning, at each tenth of the requests, and at the end} */
    List<Long> memory() {
        return List.copyOf(memory);
    }

    private record Reply(int status, String body) {}

    /** One client's connection, made again when it has ended. */
    private static final class Connection implements AutoCloseable {

        private final URI url;
        private Socket socket = new Socket(); // not connected yet
        private InputStream in = InputStream.nullInputStream();

        Connection(URI url) {
            this.url = url;
        }

        void send(String path, byte @Nullable [] body) throws IOException {
            String head = (body == null ? "GET " : "POST ") + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n"
                    + (body == null
                            ? ""
                            : "Content-Type: "
                                    + (path.equals("/score") ? "application/json" : "application/x-ndjson")
                                    + "\r\nContent-Length: " + body.length + "\r\n")
                    + "\r\n";
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
            request.writeBytes(body == null ? new byte[0] : body);
            if (!socket.isConnected() || socket.isClosed()) {
                socket = new Socket(url.getHost(), url.getPort());
                socket.setTcpNoDelay(true);
                in = new BufferedInputStream(socket.getInputStream());
            }
            socket.getOutputStream().write(request.toByteArray());
        }

        Reply receive() throws IOException {
            String[] first = line().split(" ");
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            if (headers.containsKey("Transfer-Encoding")) {
                for (int length = chunk(); length > 0; length = chunk()) {
                    body.writeBytes(exactly(length));
                    line();
                }
                line();
            } else {
                body.writeBytes(exactly(Integer.parseInt(headers.getOrDefault("Content-Length", "0"))));
            }
            if ("close".equalsIgnoreCase(headers.get("Connection"))) {
                hangUp();
            }
            return new Reply(Integer.parseInt(first[1]), body.toString(StandardCharsets.UTF_8));
        }

        private int chunk() throws IOException {
            return Integer.parseInt(line(), 16);
        }

        private byte[] exactly(int length) throws IOException {
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            return bytes;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new EOFException();
                }
                if (b != '\r') {
                    line.append((char) b);
                }
            }
            return line.toString();
        }

        void hangUp() {
            try {
                socket.close();
            } catch (IOException e) {
                // is closed
            }
        }

        @Override
        public void close() {
            hangUp();
        }
    }
}
