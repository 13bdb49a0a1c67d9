package io.humpback.hub;

import io.humpback.internal.ReadFaults;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Requests to a hub, in words of people where they fail. The token goes to the hub's own host alone. */
final class HubClient {

    private static final int MAX_REDIRECTS = 10;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<Integer> BUSY = Set.of(408, 425, 429, 500, 502, 503, 504);

    /** Above what the largest repositories answer. */
    private static final int MAX_ANSWER = 64 << 20;

    private static final int MAX_QUOTED = 200;

    /** Tries of a request that is not answered, or of a file that does not get longer. */
    static final int TRIES = 5;

    /** The longest that a hub is waited for when it asks for that. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private final HubSettings settings;
    private final Duration firstWait;
    private final HttpClient http;

    /**
     * A client of the settings' hub.
     *
     * @param firstWait before the second try, which doubles with each further one
     */
    HubClient(HubSettings settings, Duration firstWait) {
        this.settings = settings;
        this.firstWait = firstWait;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER) // they could take the token along
                .connectTimeout(settings.timeout());
        settings.proxies().ifPresent(builder::proxy);
        http = builder.build();
    }

    /** A hub that is busy, or cannot be reached now: the same request may be answered later. */
    static final class BusyException extends IOException {

        private static final long serialVersionUID = 1L;

        private final transient @Nullable Duration wait;

        BusyException(@Nullable String message, @Nullable Duration wait, @Nullable Throwable cause) {
            super(message, cause);
            this.wait = wait;
        }

        /** {@return how often it is worth trying: what cannot be reached at all may be a path with a slip in it} */
        private int tries() {
            return getCause() instanceof ConnectException ? 2 : TRIES;
        }
    }

    /** {@return what the hub answers about a revision} */
    byte[] describe(HubName name) throws IOException {
        URI uri = uri("/api/" + name.apiPlace() + "/revision/" + encoded(name.revision()) + "?blobs=true");
        for (int tries = 1; ; tries++) {
            try {
                HttpResponse<InputStream> answer = send(name, uri, "GET", 0);
                try (InputStream body = answer.body()) {
                    byte[] bytes = body.readNBytes(MAX_ANSWER + 1);
                    if (bytes.length > MAX_ANSWER) {
                        throw new IOException(name + ": the hub answers more than " + MAX_ANSWER + " bytes");
                    }
                    return bytes;
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException e) {
                    throw new BusyException(name + ": the hub's answer broke off: " + e.getMessage(), null, e);
                }
            } catch (BusyException e) {
                await(e, tries);
            }
        }
    }

    /** {@return size and hash of a file, from its headers} */
    HubFile head(HubName name, String commit, String path) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return described(name.file(path), headers(name.file(path), place(name, commit, path)));
            } catch (BusyException e) {
                await(e, tries);
            }
        }
    }

    /** Redirects on the hub are of another name; where one leaves the hub, its own headers tell of the file. */
    private HttpResponse<InputStream> headers(HubName name, URI uri) throws IOException {
        URI at = uri;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpResponse<InputStream> answer = exchange(name, at, "HEAD", 0, settings.token());
            answer.body().close();
            boolean redirected = REDIRECTS.contains(answer.statusCode());
            URI next = redirected ? redirect(name, at, answer) : at;
            if (!redirected && answer.statusCode() != 200) {
                throw fault(name, answer);
            } else if (!redirected || !isHub(next)) {
                return answer;
            }
            at = next;
        }
        throw new IOException(name + ": more than " + MAX_REDIRECTS + " redirects");
    }

    private static HubFile described(HubName name, HttpResponse<?> answer) throws IOException {
        String hash = answer.headers()
                .firstValue("X-Linked-Etag")
                .or(() -> answer.headers().firstValue("ETag"))
                .orElse("")
                .replaceFirst("^W/", "")
                .replace("\"", "");
        long size = answer.headers()
                .firstValue("X-Linked-Size")
                .or(() -> answer.headers().firstValue("Content-Length"))
                .filter(digits -> digits.matches("\\d{1,15}"))
                .map(Long::parseLong)
                .orElse(-1L);
        HubFile file = new HubFile(size, hash);
        if (!file.isWhole()) {
            throw new IOException(name + ": the hub tells size " + size + " and hash " + quoted(hash)
                    + ", expected both, to check the file by");
        }
        return file;
    }

    /**
     * {@return the answer with a file's content from some byte on, of status 200 (all of it), 206 or 416} Its body must be
     * closed.
     */
    HttpResponse<InputStream> content(HubName name, String commit, String path, long from) throws IOException {
        return send(name.file(path), place(name, commit, path), "GET", from);
    }

    /** Waits before another try of a failed request; throws its failure where it was tried often enough. */
    void await(BusyException failure, int tries) throws IOException {
        Duration wait = firstWait.multipliedBy(1L << Math.min(tries - 1, 4));
        if (failure.wait != null && failure.wait.compareTo(wait) > 0) {
            wait = failure.wait;
        }
        if (tries >= failure.tries() || wait.compareTo(LONGEST_WAIT) > 0) {
            throw failure;
        }
        try {
            Thread.sleep(wait.toMillis());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /** {@return what an interrupted thread throws} It stays interrupted. */
    static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }

    private URI place(HubName name, String commit, String path) {
        StringBuilder place = new StringBuilder("/" + name.place() + "/resolve/" + commit);
        for (String part : path.split("/")) {
            place.append('/').append(encoded(part));
        }
        return uri(place.toString());
    }

    private URI uri(String place) {
        return URI.create(settings.endpoint() + place);
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Follows redirects to the content. */
    private HttpResponse<InputStream> send(HubName name, URI uri, String method, long from) throws IOException {
        URI at = uri;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpResponse<InputStream> answer =
                    exchange(name, at, method, from, isHub(at) ? settings.token() : Optional.empty());
            int status = answer.statusCode();
            if (REDIRECTS.contains(status)) {
                answer.body().close();
                at = redirect(name, at, answer);
            } else if (status == 200 || from > 0 && (status == 206 || status == 416)) {
                return answer;
            } else {
                answer.body().close();
                throw fault(name, answer);
            }
        }
        throw new IOException(name + ": more than " + MAX_REDIRECTS + " redirects");
    }

    private static URI redirect(HubName name, URI at, HttpResponse<?> answer) throws IOException {
        String location = answer.headers().firstValue("Location").orElse("");
        URI next = null;
        try {
            next = location.isEmpty() ? null : at.resolve(location);
        } catch (IllegalArgumentException e) {
            // said below
        }
        if (next == null
                || next.getHost() == null
                || !Set.of("http", "https").contains(String.valueOf(next.getScheme()))
                || at.getScheme().equals("https") && next.getScheme().equals("http")) {
            throw new IOException(name + ": redirected to " + quoted(location) + ", expected a place on "
                    + at.getScheme() + " to fetch it from");
        }
        return next;
    }

    private boolean isHub(URI uri) {
        URI hub = settings.endpoint();
        return hub.getScheme().equals(uri.getScheme())
                && hub.getHost().equalsIgnoreCase(uri.getHost())
                && port(hub) == port(uri);
    }

    /** {@return the port of an address, its scheme's where none is said} */
    static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    private HttpResponse<InputStream> exchange(HubName name, URI uri, String method, long from, Optional<String> token)
            throws IOException {
        HttpRequest.Builder request;
        try {
            request = HttpRequest.newBuilder(uri)
                    .method(method, BodyPublishers.noBody())
                    .timeout(settings.timeout())
                    .header("User-Agent", "humpback")
                    .header("Accept-Encoding", "identity");
        } catch (IllegalArgumentException e) {
            throw new IOException(name + ": " + quoted(uri.toString()) + ": " + e.getMessage(), e);
        }
        token.ifPresent(value -> request.header("Authorization", "Bearer " + value));
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        HttpResponse<InputStream> answer;
        try {
            answer = http.send(request.build(), info -> new Body(settings.timeout()));
        } catch (InterruptedException e) {
            throw interrupted();
        } catch (HttpTimeoutException e) {
            throw new BusyException(
                    name + ": no answer of " + uri.getHost() + " in "
                            + settings.timeout().toSeconds() + " s",
                    null,
                    e);
        } catch (ConnectException e) {
            throw new BusyException(
                    name + ": " + settings.endpoint() + " cannot be reached"
                            + (isHub(uri) ? "" : " in full, its host of files " + uri.getHost() + " is not there")
                            + ", and the files that it needs are not all in " + settings.cache(),
                    null,
                    e);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw interrupted();
            }
            throw new BusyException(name + ": " + uri.getHost() + ": " + ReadFaults.reason(e), null, e);
        }
        if (BUSY.contains(answer.statusCode())) {
            answer.body().close();
            Duration wait = answer.headers()
                    .firstValue("Retry-After")
                    .map(HubClient::wait)
                    .orElse(null);
            throw new BusyException(
                    name + ": " + uri.getHost() + " answers " + answer.statusCode()
                            + (answer.statusCode() == 429 ? ", too many requests" : "")
                            + (wait == null
                                    ? "; try again later"
                                    : "; try again in " + Math.max(1, wait.toSeconds()) + " s")
                            + (answer.statusCode() == 429 && settings.token().isEmpty()
                                    ? ", or set HF_TOKEN, with which more are allowed"
                                    : ""),
                    wait,
                    null);
        }
        return answer;
    }

    /** {@return how long to wait, from seconds or a date} */
    private static @Nullable Duration wait(String header) {
        if (header.strip().matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(header.strip()));
        }
        try {
            Instant until = ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration wait = Duration.between(Instant.now(), until);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** {@return why a request failed, and what to do} */
    private IOException fault(HubName name, HttpResponse<?> answer) {
        int status = answer.statusCode();
        String code = answer.headers().firstValue("X-Error-Code").orElse("");
        String said = answer.headers().firstValue("X-Error-Message").orElse("");
        String page = settings.endpoint() + "/" + name.place();
        String kind = name.dataset() ? "data set" : "model";
        String whole = name.file(null).toString();
        boolean known = settings.token().isPresent();
        String message;
        if (code.equals("GatedRepo") || said.toLowerCase(Locale.ROOT).contains("gated")) {
            message = whole + ": gated: "
                    + (known
                            ? "the account of the token (" + settings.tokenFrom() + ") has no access, ask for it on "
                                    + page
                            : "ask for access on " + page + " and set HF_TOKEN to a token of that account");
        } else if (code.equals("RevisionNotFound")) {
            message = whole + ": no revision " + name.revision() + ", see " + page + "/tree/main";
        } else if (code.equals("EntryNotFound")) {
            message = name + ": no such file, see " + page + "/tree/" + name.revision();
        } else if (status == 401 || status == 404 || code.equals("RepoNotFound")) {
            message = whole + ": no such path here, and no such " + kind + " on " + settings.endpoint()
                    + ", or a private one: check the name"
                    + (known
                            ? ", or whether the token (" + settings.tokenFrom() + ") is valid and may read it"
                            : ", or set HF_TOKEN to a token that may read it");
        } else if (status == 403) {
            message = whole + ": access denied" + (said.isEmpty() ? "" : ", " + quoted(said)) + ": check on " + page
                    + (known ? " whether the token (" + settings.tokenFrom() + ") may read it" : " who may read it");
        } else {
            message = name + ": the hub answers " + status + (said.isEmpty() ? "" : ", " + quoted(said))
                    + ", expected 200; see " + page;
        }
        return new IOException(message);
    }

    /** {@return what others wrote, on one line of bounded length} */
    static String quoted(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
        return '"' + (line.length() > MAX_QUOTED ? line.substring(0, MAX_QUOTED) + "..." : line) + '"';
    }
}
