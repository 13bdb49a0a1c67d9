package io.humpback.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A small hub on this machine, with the API that {@code huggingface_hub} uses. Files of more than {@value #LARGE} bytes are
 * "large": they lie on another host, to which the hub redirects, and have a SHA-256. What it is told to do wrong it does.
 */
public final class LoopbackHub implements AutoCloseable {

    /** Bytes from which on a file is on the other host. */
    public static final int LARGE = 10_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern API =
            Pattern.compile("/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?");
    private static final Pattern RESOLVE = Pattern.compile("/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)");

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "loopback-hub");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer hub = server(this::answer);
    private final HttpServer files = server(this::large);
    private final Map<String, Repo> repos = new HashMap<>();
    private final Map<String, String> renamed = new HashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private boolean describing = true;

    /** A request that came. */
    public record Request(boolean ofHub, String method, String path, String token, String range) {}

    /** What goes wrong with the first few requests of some kind. */
    private static final class Fault {

        final Predicate<Request> when;
        final Handler instead;
        int times;

        Fault(Predicate<Request> when, int times, Handler instead) {
            this.when = when;
            this.times = times;
            this.instead = instead;
        }

        synchronized boolean applies(Request request) {
            return times > 0 && when.test(request) && times-- > 0;
        }
    }

    /** Answers a request. */
    @FunctionalInterface
    public interface Handler {
        void answer(HttpExchange exchange) throws IOException;
    }

    /** A repository: the files of each commit, and which commit a revision means. */
    public final class Repo {

        private final Map<String, Map<String, byte[]>> commits = new HashMap<>();
        private final Map<String, String> revisions = new HashMap<>();
        private boolean gated;
        private String token = "";

        /** Makes a commit, which a revision means from now on. */
        public String commit(String revision, Map<String, byte[]> content) {
            String commit = HexFormat.of()
                    .formatHex(sha1((revision + commits.size() + content.keySet()).getBytes(StandardCharsets.UTF_8)));
            commits.put(commit, new TreeMap<>(content));
            revisions.put(revision, commit);
            return commit;
        }

        /** Only whoever has this token may read it; others are told that there is no such repository. */
        public Repo onlyFor(String value) {
            token = value;
            return this;
        }

        /** Others are told to ask for access. */
        public Repo gatedBut(String value) {
            token = value;
            gated = true;
            return this;
        }
    }

    /** A hub without anything. */
    public LoopbackHub() throws IOException {
        hub.start();
        files.start();
    }

    private HttpServer server(Handler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.answer(exchange);
            }
        });
        return server;
    }

    public String endpoint() {
        return "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + hub.getAddress().getPort();
    }

    private String filesHost() {
        return "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + files.getAddress().getPort();
    }

    /** Makes a repository: {@code org/name} for models, {@code datasets/org/name} for data sets. */
    public Repo repo(String place) {
        Repo repo = new Repo();
        repos.put(place, repo);
        return repo;
    }

    /** {@return what main means in a repository} */
    public String commitOf(String place) {
        return repos.get(place).revisions.get("main");
    }

    /** An old name leads to another. */
    public void rename(String from, String to) {
        renamed.put(from, to);
    }

    /** Its API does not tell sizes and hashes, as older ones do not. */
    public void tellingNamesOnly() {
        describing = false;
    }

    /** The next requests of some kind are answered otherwise. */
    public void fault(Predicate<Request> when, int times, Handler instead) {
        faults.add(new Fault(when, times, instead));
    }

    /** {@return the requests since the last call} */
    public List<Request> takeRequests() {
        List<Request> taken = List.copyOf(requests);
        requests.clear();
        return taken;
    }

    private boolean faulted(HttpExchange exchange, boolean ofHub) throws IOException {
        Request request = new Request(
                ofHub,
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                String.valueOf(exchange.getRequestHeaders().getFirst("Range")));
        requests.add(request);
        for (Fault fault : faults) {
            if (fault.applies(request)) {
                fault.instead.answer(exchange);
                return true;
            }
        }
        return false;
    }

    private void answer(HttpExchange exchange) throws IOException {
        if (faulted(exchange, true)) {
            return;
        }
        String path = exchange.getRequestURI().getRawPath();
        for (Map.Entry<String, String> one : renamed.entrySet()) {
            if (path.contains("/" + one.getKey() + "/")) {
                exchange.getResponseHeaders().set("Location", path.replace(one.getKey(), one.getValue()));
                status(exchange, 307);
                return;
            }
        }
        Matcher api = API.matcher(path);
        Matcher resolve = RESOLVE.matcher(path);
        if (api.matches()) {
            String place = (api.group(1).equals("models") ? "" : "datasets/") + api.group(2);
            String revision = api.group(4) == null ? "main" : decoded(api.group(4));
            describe(exchange, place, api.group(2), "tree".equals(api.group(3)), revision);
        } else if (resolve.matches()) {
            resolve(exchange, resolve);
        } else {
            status(exchange, 404);
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** {@return the commit, or null where the request has been refused} */
    private String allowed(HttpExchange exchange, String place, String revision, boolean content) throws IOException {
        Repo repo = repos.get(place);
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        boolean known = repo != null && (repo.token.isEmpty() || ("Bearer " + repo.token).equals(token));
        if (repo == null || !known && !repo.gated) {
            exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
            status(exchange, token == null ? 401 : 404);
            return null;
        } else if (!known && content) {
            exchange.getResponseHeaders().set("X-Error-Code", "GatedRepo");
            status(exchange, token == null ? 401 : 403);
            return null;
        }
        String commit = repo.commits.containsKey(revision) ? revision : repo.revisions.get(revision);
        if (commit == null) {
            exchange.getResponseHeaders().set("X-Error-Code", "RevisionNotFound");
            status(exchange, 404);
        }
        return commit;
    }

    private void describe(HttpExchange exchange, String place, String id, boolean tree, String revision)
            throws IOException {
        String commit = allowed(exchange, place, revision, false);
        if (commit == null) {
            return;
        }
        ArrayNode all = JSON.createArrayNode();
        repos.get(place).commits.get(commit).forEach((name, content) -> {
            boolean large = content.length > LARGE;
            ObjectNode file = all.addObject();
            if (tree) {
                file.put("type", "file")
                        .put("path", name)
                        .put("size", content.length)
                        .put("oid", gitHash(content));
            } else {
                file.put("rfilename", name);
            }
            if (!tree && describing) {
                file.put("size", content.length).put("blobId", gitHash(content));
            }
            if (large && (tree || describing)) {
                file.putObject("lfs")
                        .put("size", content.length)
                        .put("pointerSize", 130)
                        .put(tree ? "oid" : "sha256", sha256(content));
            }
        });
        ObjectNode whole = JSON.createObjectNode().put("id", id).put("sha", commit);
        whole.set("siblings", all);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, 200, (tree ? all : whole).toString().getBytes(StandardCharsets.UTF_8));
    }

    private void resolve(HttpExchange exchange, Matcher request) throws IOException {
        String place = (request.group(1) == null ? "" : "datasets/") + request.group(2);
        String commit = allowed(exchange, place, decoded(request.group(3)), true);
        if (commit == null) {
            return;
        }
        byte[] content = repos.get(place).commits.get(commit).get(decoded(request.group(4)));
        if (content == null) {
            exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
            status(exchange, 404);
            return;
        }
        exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        if (content.length > LARGE) {
            exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
            exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(content) + '"');
            exchange.getResponseHeaders()
                    .set("Location", filesHost() + "/" + place + "/" + commit + "/" + request.group(4));
            status(exchange, 302);
        } else {
            exchange.getResponseHeaders().set("ETag", '"' + gitHash(content) + '"');
            send(exchange, 200, content);
        }
    }

    /** The other host, which knows no tokens. */
    private void large(HttpExchange exchange) throws IOException {
        if (!faulted(exchange, false)) {
            content(exchange, stored(exchange.getRequestURI()));
        }
    }

    /** {@return the content of a file on the other host} */
    public byte[] stored(URI uri) {
        String[] parts = decoded(uri.getRawPath()).substring(1).split("/");
        int org = parts[0].equals("datasets") ? 1 : 0;
        String place = String.join("/", List.of(parts).subList(0, org + 2));
        String path = String.join("/", List.of(parts).subList(org + 3, parts.length));
        return repos.get(place).commits.get(parts[org + 2]).get(path);
    }

    /** Answers with some content, or the part of it that was asked for. */
    public static void content(HttpExchange exchange, byte[] content) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range == null) {
            send(exchange, 200, content);
            return;
        }
        int from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (from >= content.length) {
            status(exchange, 416);
            return;
        }
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        send(exchange, 206, content, from);
    }

    /** Answers without a body. */
    public static void status(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        send(exchange, status, body, 0);
    }

    private static void send(HttpExchange exchange, int status, byte[] body, int from) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length - from));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length - from == 0 ? -1 : body.length - from);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body, from, body.length - from);
        }
    }

    static String sha256(byte[] content) {
        return HexFormat.of().formatHex(Sha256.digest().digest(content));
    }

    static String gitHash(byte[] content) {
        byte[] header = ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[header.length + content.length];
        System.arraycopy(header, 0, all, 0, header.length);
        System.arraycopy(content, 0, all, header.length, content.length);
        return HexFormat.of().formatHex(sha1(all));
    }

    private static byte[] sha1(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-1").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        files.stop(0);
        threads.shutdownNow();
    }
}
