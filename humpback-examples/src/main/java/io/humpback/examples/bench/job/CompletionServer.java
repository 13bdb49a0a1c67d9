package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server of completions in OpenAI's protocol, in a process that was started for it and ends with this. */
final class CompletionServer implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(5);
    private static final Duration ANSWER = Duration.ofMinutes(10);
    private static final Duration STATE = Duration.ofSeconds(5);
    private static final long MILLIS_BETWEEN_TRIES = 20;
    private static final int SHOWN = 200; // characters of an answer
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI url;
    private final Child child;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(STATE)
            .build();
    private @Nullable String model; // that it names first

    private CompletionServer(URI url, Child child) {
        this.url = url;
        this.child = child;
    }

    /**
     * A completion.
     *
     * @param promptTokens read of the prompt, as the server counts
     * @param tokens written
     */
    record Answer(String text, int promptTokens, int tokens) {}

    /**
     * {@return a server that is ready}
     *
     * @param url where it will listen, without a path
     * @param words its program with arguments
     * @param folder for what it writes
     */
    static CompletionServer start(URI url, List<String> words, Path folder) throws IOException, InterruptedException {
        requireFree(url);
        CompletionServer server = new CompletionServer(url, child(words, folder));
        try {
            server.awaitReady();
            return server;
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Child child(List<String> words, Path folder) throws IOException {
        try {
            return Child.start(words, folder);
        } catch (IOException e) {
            throw new IOException("--server: " + e.getMessage(), e);
        }
    }

    private static void requireFree(URI url) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), (int) STATE.toMillis());
        } catch (IOException e) {
            return;
        }
        throw new DataException("--server = " + url + ": something listens there already, expected a free port");
    }

    private void awaitReady() throws IOException, InterruptedException {
        while (!isReady()) {
            if (!child.isAlive()) {
                throw new DataException("--server: its command ended with " + child.await() + " before it listened at "
                        + url + ": " + child.tail());
            }
            if (child.seconds() > START.toSeconds()) {
                throw new DataException(
                        "--server = " + url + ": not ready after " + START.toSeconds() + " s: " + child.tail());
            }
            Thread.sleep(MILLIS_BETWEEN_TRIES);
        }
        HttpResponse<String> models = get("/v1/models");
        JsonNode id = models.statusCode() == 200
                ? JSON.readTree(models.body()).path("data").path(0).path("id")
                : JSON.nullNode();
        model = id.isTextual() ? id.textValue() : null;
    }

    /** llama-server lists its models while it still loads them, and llama_cpp.server knows no /health. */
    private boolean isReady() throws InterruptedException {
        try {
            int health = get("/health").statusCode();
            return health == 200 || health == 404 && get("/v1/models").statusCode() == 200;
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(url.resolve(path)).timeout(STATE).build(), BodyHandlers.ofString());
    }

    /** {@return seconds since the process was started} */
    double seconds() {
        return child.seconds();
    }

    OptionalLong peakBytes() {
        return child.peakBytes();
    }

    /**
     * {@return the greedy completion of each prompt, in their order}
     *
     * @param tokens to be written for each; with more than one the end of a text is passed over
     * @param clients that ask, each for one prompt at a time
     */
    List<Answer> complete(List<AskedPrompt> prompts, int tokens, int clients) throws IOException, InterruptedException {
        Answer[] answers = new Answer[prompts.size()];
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            List<Future<?>> working = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                working.add(threads.submit(() -> {
                    for (int at = next.getAndIncrement(); at < answers.length; at = next.getAndIncrement()) {
                        try {
                            answers[at] = complete(prompts.get(at), tokens);
                        } catch (IOException | InterruptedException | RuntimeException e) {
                            next.set(answers.length); // the others stop too
                            throw e;
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : working) {
                one.get();
            }
            return List.of(answers);
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private DataException failed(@Nullable Throwable cause) throws InterruptedException {
        if (cause instanceof DataException known) {
            return known;
        }
        return new DataException("--server = " + url + ": "
                + (cause == null || cause.getMessage() == null ? "the connection ended" : cause.getMessage())
                + (child.isEnding() ? ", its command has ended with " + child.await() : "") + ": " + child.tail());
    }

    private Answer complete(AskedPrompt prompt, int tokens) throws IOException, InterruptedException {
        ObjectNode body = JsonLines.row().put("prompt", prompt.text()).put("max_tokens", tokens);
        if (model != null) {
            body.put("model", model);
        }
        body.put("temperature", 0).put("repeat_penalty", 1).put("cache_prompt", true);
        if (tokens > 1) { // the names of llama-server and llama_cpp.server
            body.put("ignore_eos", true).put("min_tokens", tokens);
        }
        HttpRequest request = HttpRequest.newBuilder(url.resolve("/v1/completions"))
                .timeout(ANSWER)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new DataException("--server = " + url + ": answered " + response.statusCode() + " with "
                    + shown(response.body()) + ": " + child.tail());
        }
        JsonNode answer = JSON.readTree(response.body());
        JsonNode text = answer.path("choices").path(0).path("text");
        JsonNode usage = answer.path("usage");
        if (!text.isTextual()
                || !usage.path("prompt_tokens").isInt()
                || !usage.path("completion_tokens").isInt()) {
            throw new DataException("--server = " + url + ": answered " + shown(response.body())
                    + ", expected choices with text, and usage with prompt_tokens and completion_tokens");
        }
        return new Answer(
                text.textValue(),
                usage.get("prompt_tokens").intValue(),
                usage.get("completion_tokens").intValue());
    }

    private static String shown(String body) {
        return body.length() <= SHOWN ? body : body.substring(0, SHOWN) + " ...";
    }

    @Override
    public void close() {
        child.close();
    }
}
