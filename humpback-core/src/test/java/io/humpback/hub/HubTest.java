package io.humpback.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.hub.LoopbackHub.Request;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HubTest {

    private static final int WEIGHTS = 3_000_000;
    private static final String TOKEN = "hf_secret";

    @TempDir
    Path temp;

    private LoopbackHub loopback;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void start() throws IOException {
        loopback = new LoopbackHub();
        environment.put("HF_ENDPOINT", loopback.endpoint());
        environment.put("HF_HOME", temp.resolve("home").toString());
        environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "5");
    }

    @AfterEach
    void stop() {
        loopback.close();
    }

    private Hub hub() throws IOException {
        return Hub.of(environment, Duration.ofMillis(10));
    }

    private Path cache() {
        return temp.resolve("home/hub");
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Map<String, byte[]> model() {
        return new TreeMap<>(Map.of(
                "config.json", text("{}"),
                "tokenizer.json", bytes(20_000, 1),
                "tokenizer_config.json", text("{\"a\": 1}"),
                "model.safetensors", bytes(WEIGHTS, 2),
                "pytorch_model.bin", bytes(WEIGHTS, 3),
                "README.md", text("# A model")));
    }

    private String refused(Callable<?> call) {
        String message = assertThrows(IOException.class, call::call).getMessage();
        assertFalse(message.contains("\n"), message);
        assertFalse(message.contains(TOKEN), message);
        return message;
    }

    private static Predicate<Request> ofFile(String name) {
        return request -> !request.ofHub() && request.path().endsWith(name);
    }

    private List<Request> contents() {
        return loopback.takeRequests().stream()
                .filter(request -> request.path().endsWith("model.safetensors"))
                .toList();
    }

    private static List<String> files(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aModelIsFetchedOnceWithTheFilesThatItNeeds() throws IOException {
        String commit = loopback.repo("org/name").commit("main", model());
        Path folder = hub().model("org/name");
        assertEquals(cache().resolve("models--org--name/snapshots").resolve(commit), folder);
        assertEquals(
                List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"), files(folder));
        for (String name : files(folder)) {
            assertArrayEquals(model().get(name), Files.readAllBytes(folder.resolve(name)), name);
            assertTrue(Files.isSymbolicLink(folder.resolve(name)), name);
            assertFalse(Files.readSymbolicLink(folder.resolve(name)).isAbsolute(), name);
        }
        assertEquals(commit, Files.readString(cache().resolve("models--org--name/refs/main")));
        assertTrue(Files.exists(cache().resolve("models--org--name/blobs")
                .resolve(LoopbackHub.sha256(model().get("model.safetensors")))));
        assertTrue(Files.exists(
                cache().resolve("models--org--name/blobs").resolve(LoopbackHub.gitHash(model().get("config.json")))));
        loopback.takeRequests();
        assertEquals(folder, hub().model("org/name"));
        assertEquals(List.of(), loopback.takeRequests());
    }

    @Test
    void theProxyOfTheEnvironmentIsTheWayToTheHubButNotToHostsThatNeedNone() throws IOException {
        loopback.repo("org/name").commit("main", model());
        environment.put("HF_ENDPOINT", "http://hub.example"); // which the proxy alone can find
        environment.put("HTTP_PROXY", loopback.endpoint());
        environment.put("NO_PROXY", "other.example, 127.0.0.1");
        Path folder = hub().model("org/name");
        assertArrayEquals(model().get("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
    }

    @Test
    void whatAPathNamesIsNotLookedUp() throws IOException {
        Path here = Files.createDirectories(temp.resolve("a/b"));
        assertEquals(here, hub().model(here.toString()));
        assertEquals(Path.of("no/such/path"), hub().model("no/such/path"));
        assertEquals(Path.of("model.gguf"), hub().model("model.gguf"));
        assertEquals(Path.of("org/name"), hub().data("org/name", all -> List.copyOf(all)));
        assertEquals(Path.of("src"), hub().model("src"));
        assertEquals(Path.of("src/main"), hub().model("src/main")); // has the form of a name, and lies here
        assertEquals(List.of(), loopback.takeRequests());
    }

    @Test
    void revisionsAreKeptSideBySide() throws IOException {
        LoopbackHub.Repo repo = loopback.repo("org/name");
        Map<String, byte[]> other = model();
        other.put("config.json", text("{\"b\": 2}"));
        String first = repo.commit("main", model());
        String second = repo.commit("refs/pr/1", other);
        assertEquals(first, hub().model("org/name").getFileName().toString());
        assertEquals(second, hub().model("org/name@refs/pr/1").getFileName().toString());
        assertEquals(1, contents().stream().filter(request -> !request.ofHub()).count());
        assertEquals(second, Files.readString(cache().resolve("models--org--name/refs/refs/pr/1")));
        assertEquals(second, hub().model("org/name@" + second).getFileName().toString());
        assertEquals(List.of(), loopback.takeRequests());
    }

    @Test
    void aQuantisationIsOneOfManyFiles() throws IOException {
        loopback.repo("org/gguf")
                .commit(
                        "main",
                        Map.of(
                                "M-3B-Q4_K.gguf", text("a"),
                                "M-3B-Q4_K_M.gguf", text("b"),
                                "M-3B-Q5_K_M.gguf", text("c"),
                                "mmproj-Q5_K_M.gguf", text("d"),
                                "Q8_0/M-3B-Q8_0-00001-of-00002.gguf", text("e"),
                                "Q8_0/M-3B-Q8_0-00002-of-00002.gguf", text("f")));
        assertEquals("b", Files.readString(hub().model("org/gguf:q4_k_m")));
        assertEquals("a", Files.readString(hub().model("org/gguf:Q4_K")));
        assertEquals("c", Files.readString(hub().model("org/gguf@main:M-3B-Q5_K_M.gguf")));
        Path first = hub().model("org/gguf:Q8_0");
        assertEquals("M-3B-Q8_0-00001-of-00002.gguf", first.getFileName().toString());
        assertEquals("f", Files.readString(first.resolveSibling("M-3B-Q8_0-00002-of-00002.gguf")));
        assertEquals(
                "org/gguf:Q3_K: no file or quantisation Q3_K, found Q4_K, Q4_K_M, Q5_K_M, Q8_0",
                refused(() -> hub().model("org/gguf:Q3_K")));
        assertEquals(
                "org/gguf: 4 models, expected such as org/gguf:Q8_0, found Q4_K, Q4_K_M, Q5_K_M, Q8_0",
                refused(() -> hub().model("org/gguf")));
    }

    @Test
    void aModelInShardsIsFetchedByItsIndex() throws IOException {
        Map<String, byte[]> files = model();
        files.remove("model.safetensors");
        files.put("model-1.safetensors", bytes(20_000, 4));
        files.put("model-2.safetensors", bytes(20_000, 5));
        files.put("consolidated.safetensors", bytes(20_000, 6));
        files.put(
                "model.safetensors.index.json",
                text("{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}"));
        loopback.repo("org/shards").commit("main", files);
        assertEquals(
                List.of(
                        "config.json",
                        "model-1.safetensors",
                        "model-2.safetensors",
                        "model.safetensors.index.json",
                        "tokenizer.json",
                        "tokenizer_config.json"),
                files(hub().model("org/shards")));
        files.put("model.safetensors.index.json", text("{\"weight_map\": {\"a\": \"../../../evil.safetensors\"}}"));
        loopback.repo("org/evil").commit("main", files);
        assertEquals(
                "org/evil: model.safetensors.index.json names \"../../../evil.safetensors\", expected a .safetensors"
                        + " file of the repository",
                refused(() -> hub().model("org/evil")));
    }

    @Test
    void aGraphIsFetchedWithItsData() throws IOException {
        loopback.repo("org/onnx")
                .commit(
                        "main",
                        Map.of(
                                "config.json", text("{}"),
                                "tokenizer.json", text("{}"),
                                "onnx/model.onnx", text("a"),
                                "onnx/model.onnx_data", text("b"),
                                "onnx/model_q4.onnx", text("c"),
                                "onnx/model_q4.onnx_data", text("d"),
                                "onnx/model_q4.onnx_data_1", text("e"),
                                "onnx/model_q4f16.onnx", text("f")));
        Path graph = hub().model("org/onnx:q4");
        assertEquals(List.of("model_q4.onnx", "model_q4.onnx_data", "model_q4.onnx_data_1"), files(graph.getParent()));
        assertEquals("a", Files.readString(hub().model("org/onnx")));
    }

    @Test
    void picklesAreNotFetched() throws IOException {
        loopback.repo("org/pickle")
                .commit("main", Map.of("config.json", text("{}"), "pytorch_model.bin", bytes(WEIGHTS, 3)));
        assertEquals(
                "org/pickle: weights as pytorch_model.bin alone, which may run code when they are read; expected"
                        + " .safetensors, which many repositories have in a pull request (org/pickle@refs/pr/1 and so"
                        + " on)",
                refused(() -> hub().model("org/pickle")));
        assertEquals(
                "org/pickle:pytorch_model.bin: may run code when it is read, expected .safetensors, .gguf or .onnx",
                refused(() -> hub().model("org/pickle:pytorch_model.bin")));
        assertEquals(2, loopback.takeRequests().size());
    }

    @Test
    void aBrokenConnectionIsResumed() throws IOException {
        loopback.repo("org/name").commit("main", model());
        byte[] weights = model().get("model.safetensors");
        loopback.fault(ofFile("model.safetensors"), 2, exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestHeaders().containsKey("Range") ? 206 : 200, WEIGHTS);
            exchange.getResponseBody().write(weights, 0, 500_000); // then it is closed
            exchange.getResponseBody().flush();
        });
        // the second answer has no Content-Range: it is begun again
        Path folder = hub().model("org/name");
        assertArrayEquals(weights, Files.readAllBytes(folder.resolve("model.safetensors")));
        List<String> ranges = contents().stream()
                .filter(request -> !request.ofHub())
                .map(Request::range)
                .toList();
        assertEquals(3, ranges.size());
        assertTrue(ranges.get(1).matches("bytes=[1-9]\\d*-"), ranges::toString);
        assertEquals("null", ranges.get(2));
    }

    @Test
    void aFileThatNeverGetsFartherIsGivenUp() throws IOException {
        loopback.repo("org/name").commit("main", model());
        byte[] weights = model().get("model.safetensors");
        loopback.fault(
                ofFile("model.safetensors"),
                100,
                exchange -> { // takes no range, and breaks off
                    exchange.sendResponseHeaders(200, WEIGHTS);
                    exchange.getResponseBody().write(weights, 0, 2_500_000);
                    exchange.getResponseBody().flush();
                });
        assertTrue(refused(() -> hub().model("org/name")).contains("broke off after"));
        long answers = contents().stream().filter(request -> !request.ofHub()).count();
        assertTrue(answers <= 2 * HubClient.TRIES, answers + " answers");
        Map<String, byte[]> shorter = new TreeMap<>(Map.of("m.gguf", bytes(2_000_000, 7)));
        loopback.repo("org/short").commit("main", shorter);
        loopback.fault(request -> request.path().contains("/api/models/org/short"), 1, exchange -> {
            String listed = "{\"sha\": \"" + loopback.commitOf("org/short") + "\", \"siblings\": [{\"rfilename\":"
                    + " \"m.gguf\", \"lfs\": {\"size\": 2000001, \"sha256\": \""
                    + LoopbackHub.sha256(shorter.get("m.gguf")) + "\"}}]}";
            LoopbackHub.content(exchange, text(listed));
        });
        refused(() -> hub().model("org/short"));
    }

    @Test
    void theNextProcessGoesOnWhereOneWasStopped() throws IOException {
        loopback.repo("org/name").commit("main", model());
        byte[] weights = model().get("model.safetensors");
        loopback.fault(ofFile("model.safetensors"), HubClient.TRIES, exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (WEIGHTS - 1) + "/" + WEIGHTS);
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, WEIGHTS - from);
            exchange.getResponseBody().write(weights, 0, from > 0 ? 0 : 500_000);
            exchange.getResponseBody().flush();
        });
        String message = refused(() -> hub().model("org/name"));
        assertTrue(
                message.matches("org/name:model\\.safetensors: broke off after [1-9]\\d{0,5} of 3000000 bytes.*"),
                message);
        assertFalse(Files.exists(cache().resolve("models--org--name/refs/main")));
        loopback.takeRequests();
        Path folder = hub().model("org/name");
        assertArrayEquals(weights, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertTrue(contents().get(0).range().matches("bytes=[1-9]\\d{0,5}-"));
        assertEquals(4, files(cache().resolve("models--org--name/blobs")).size());
    }

    @Test
    void whatDoesNotHaveTheHashIsNotKept() throws IOException {
        loopback.repo("org/name").commit("main", model());
        loopback.fault(ofFile("model.safetensors"), 1, exchange -> LoopbackHub.content(exchange, bytes(WEIGHTS, 9)));
        String message = refused(() -> hub().model("org/name"));
        assertEquals(
                "org/name:model.safetensors: SHA-256 " + LoopbackHub.sha256(bytes(WEIGHTS, 9)) + ", expected "
                        + LoopbackHub.sha256(model().get("model.safetensors"))
                        + ", which the hub tells: damaged or changed on its way, try again",
                message);
        assertTrue(files(cache().resolve("models--org--name/blobs")).stream()
                .noneMatch(name -> name.contains("incomplete")));
        loopback.fault(
                request -> request.path().endsWith("/config.json"),
                1,
                exchange -> LoopbackHub.content(exchange, text("[]")));
        loopback.repo("org/small").commit("main", model());
        assertTrue(refused(() -> hub().model("org/small")).contains("git SHA-1"));
        assertEquals(4, files(hub().model("org/name")).size());
    }

    @Test
    void aDamagedBeginningIsFetchedAgain() throws IOException {
        loopback.repo("org/name").commit("main", model());
        Path blobs = Files.createDirectories(cache().resolve("models--org--name/blobs"));
        String hash = LoopbackHub.sha256(model().get("model.safetensors"));
        Path elsewhere = Files.write(temp.resolve("elsewhere"), text("precious"));
        for (String left : List.of("other", "longer", "link")) {
            Path part = blobs.resolve(hash + ".incomplete");
            if (left.equals("link")) {
                Files.createSymbolicLink(part, elsewhere);
            } else {
                Files.write(part, bytes(left.equals("other") ? 1_000_000 : WEIGHTS + 1, 9));
            }
            Path folder = hub().model("org/name");
            assertArrayEquals(
                    model().get("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")), left);
            assertEquals("precious", Files.readString(elsewhere));
            Files.delete(blobs.resolve(hash));
        }
    }

    @Test
    void theTokenGoesToTheHubAlone() throws IOException {
        environment.put("HF_TOKEN", TOKEN);
        loopback.repo("org/private").onlyFor(TOKEN).commit("main", model());
        hub().model("org/private");
        List<Request> requests = loopback.takeRequests();
        assertTrue(requests.stream().anyMatch(request -> !request.ofHub()));
        for (Request request : requests) {
            assertEquals(request.ofHub() ? "Bearer " + TOKEN : "null", request.token(), request::toString);
        }
    }

    @Test
    void aStoredTokenIsUsed() throws IOException {
        Files.createDirectories(temp.resolve("home"));
        Files.writeString(temp.resolve("home/token"), TOKEN + "\n");
        loopback.repo("org/private").onlyFor(TOKEN).commit("main", model());
        hub().model("org/private");
        assertFalse(hub().toString().contains(TOKEN));
        environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        loopback.takeRequests();
        loopback.repo("org/open").commit("main", model());
        hub().model("org/open");
        assertTrue(loopback.takeRequests().stream()
                .allMatch(request -> request.token().equals("null")));
    }

    @Test
    void whatIsNotThereOrNotAllowedIsToldWithWhatToDo() throws IOException {
        loopback.repo("org/gated").gatedBut(TOKEN).commit("main", model());
        loopback.repo("org/open").commit("main", model());
        String page = loopback.endpoint();
        assertEquals(
                "org/gated: gated: ask for access on " + page
                        + "/org/gated and set HF_TOKEN to a token of that account",
                refused(() -> hub().model("org/gated")));
        assertEquals(
                "org/none: no such path here, and no such model on " + page
                        + ", or a private one: check the name, or set HF_TOKEN to a token" + " that may read it",
                refused(() -> hub().model("org/none")));
        assertEquals("org/open@v2: no revision v2, see " + page + "/org/open/tree/main", refused(() -> hub().model(
                        "org/open@v2")));
        environment.put("HF_TOKEN", "hf_other");
        assertEquals(
                "org/gated: gated: the account of the token (HF_TOKEN) has no access, ask for it on " + page
                        + "/org/gated",
                refused(() -> hub().model("org/gated")));
        assertEquals(
                "datasets/org/none: no such path here, and no such data set on " + page
                        + ", or a private one: check the name, or whether the"
                        + " token (HF_TOKEN) is valid and may read it",
                refused(() -> hub().data("datasets/org/none", List::copyOf)));
    }

    @Test
    void anOldNameLeadsToTheNewOne() throws IOException {
        loopback.repo("org/new").commit("main", model());
        loopback.rename("org/old", "org/new");
        List<String> told = new ArrayList<>();
        Path folder = hub().listening(new Hub.Listener() {
                    @Override
                    public void told(String line) {
                        told.add(line);
                    }
                })
                .model("org/old");
        assertEquals(4, files(folder).size());
        assertEquals(List.of("org/old has been renamed, expected org/new"), told);
    }

    @Test
    void aBusyHubIsAskedAgainWhenItSays() throws IOException {
        loopback.repo("org/name").commit("main", model());
        loopback.fault(request -> request.path().contains("/api/"), 1, exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "1");
            LoopbackHub.status(exchange, 429);
        });
        loopback.fault(ofFile("model.safetensors"), 2, exchange -> LoopbackHub.status(exchange, 503));
        long start = System.nanoTime();
        hub().model("org/name");
        assertTrue(System.nanoTime() - start > 900_000_000L);
    }

    @Test
    void aHubThatStaysBusyIsGivenUp() throws IOException {
        loopback.repo("org/name").commit("main", model());
        loopback.fault(request -> true, 100, exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "3600");
            LoopbackHub.status(exchange, 429);
        });
        assertEquals(
                "org/name: 127.0.0.1 answers 429, too many requests; try again in 3600 s, or set HF_TOKEN, with which"
                        + " more are allowed",
                refused(() -> hub().model("org/name")));
        assertEquals(1, loopback.takeRequests().size());
    }

    @Test
    void aHubThatFallsSilentIsLeft() throws IOException {
        environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "1");
        loopback.repo("org/name").commit("main", model());
        byte[] weights = model().get("model.safetensors");
        loopback.fault(ofFile("model.safetensors"), 1, exchange -> {
            exchange.sendResponseHeaders(200, WEIGHTS);
            exchange.getResponseBody().write(weights, 0, 100_000);
            exchange.getResponseBody().flush();
            try {
                Thread.sleep(20_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Path folder = hub().model("org/name");
        assertArrayEquals(weights, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertEquals("bytes=100000-", contents().get(3).range());
    }

    @Test
    void redirectsThatLeadNowhereAreRefused() throws IOException {
        loopback.repo("org/name").commit("main", model());
        for (String location : List.of("file:///etc/passwd", "", "ftp://localhost/x", "http://")) {
            loopback.fault(request -> request.path().contains("/resolve/"), 1, exchange -> {
                exchange.getResponseHeaders().set("Location", location);
                LoopbackHub.status(exchange, 302);
            });
            String message = refused(() -> hub().model("org/name"));
            assertTrue(message.startsWith("org/name:config.json: redirected to \"" + location + '"'), message);
        }
        loopback.fault(request -> true, 100, exchange -> {
            exchange.getResponseHeaders().set("Location", "/api/again");
            LoopbackHub.status(exchange, 302);
        });
        assertEquals("org/name: more than 10 redirects", refused(() -> hub().model("org/name")));
    }

    @Test
    void namesOfFilesCannotLeaveTheFolder() throws IOException {
        for (String name :
                List.of("../../../evil.gguf", "/evil.gguf", "a\\b.gguf", "C:evil.gguf", "a//b.gguf", "./b.gguf")) {
            loopback.repo("org/evil").commit(name, Map.of(name, text("x")));
            loopback.repo("org/evil").commit("main", Map.of(name, text("x")));
            String message = refused(() -> hub().model("org/evil"));
            assertTrue(message.startsWith("org/evil: the hub names a file \""), message);
        }
        assertFalse(Files.exists(temp.resolve("home/hub/evil.gguf")));
        assertFalse(Files.exists(cache().resolve("models--org--evil/snapshots")));
    }

    @Test
    void answersThatAreNoneAreRefused() throws IOException {
        for (String answer : List.of("<html>", "[]", "{}", "{\"sha\": \"../x\", \"siblings\": []}")) {
            loopback.fault(request -> true, 1, exchange -> LoopbackHub.content(exchange, text(answer)));
            assertEquals(
                    "org/name: " + loopback.endpoint()
                            + " answers something else than a commit and its files, expected a hub",
                    refused(() -> hub().model("org/name")));
        }
        loopback.repo("org/hash").commit("main", model());
        String listed = "{\"sha\": \"" + "a".repeat(40) + "\", \"siblings\": [{\"rfilename\": \"a.gguf\", \"size\": 3,"
                + " \"lfs\": {\"size\": 3, \"sha256\": \"../../x\"}}]}";
        loopback.fault(request -> true, 1, exchange -> LoopbackHub.content(exchange, text(listed)));
        loopback.fault(request -> request.method().equals("HEAD"), 1, exchange -> {
            exchange.getResponseHeaders().set("X-Linked-Etag", "../../x");
            exchange.getResponseHeaders().set("Content-Length", "3");
            LoopbackHub.status(exchange, 200);
        });
        assertEquals(
                "org/hash:a.gguf: the hub tells size 3 and hash \"../../x\", expected both, to check the file by",
                refused(() -> hub().model("org/hash")));
    }

    @Test
    void aHubThatTellsNamesOnlyIsAskedForEachFile() throws IOException {
        loopback.tellingNamesOnly();
        loopback.repo("org/name").commit("main", model());
        assertEquals(4, files(hub().model("org/name")).size());
    }

    @Test
    void offlineNothingIsAsked() throws IOException {
        loopback.repo("org/name").commit("main", model());
        environment.put("HF_HUB_OFFLINE", "1");
        assertEquals(
                "org/name: no such path here, and not all of it in " + cache() + ", with HF_HUB_OFFLINE set",
                refused(() -> hub().model("org/name")));
        environment.remove("HF_HUB_OFFLINE");
        Path folder = hub().model("org/name");
        environment.put("HF_HUB_OFFLINE", "true");
        loopback.takeRequests();
        assertEquals(folder, hub().model("org/name"));
        assertEquals(List.of(), loopback.takeRequests());
    }

    @Test
    void aHubThatIsNotThereIsTold() throws IOException {
        loopback.close();
        assertEquals(
                "org/name: " + loopback.endpoint() + " cannot be reached, and the files that it needs are not all in "
                        + cache(),
                refused(() -> hub().model("org/name")));
    }

    @Test
    void theSplitThatIsWantedIsFetched() throws IOException {
        loopback.repo("datasets/org/rows")
                .commit(
                        "main",
                        Map.of("data/train.jsonl", text("a"), "data/test.jsonl", text("b"), "x.pdf", text("c")));
        Hub.Choice train =
                all -> all.stream().filter(name -> name.contains("train")).toList();
        Hub.Choice test =
                all -> all.stream().filter(name -> name.contains("test")).toList();
        Path folder = hub().data("datasets/org/rows", train);
        assertEquals(List.of("train.jsonl"), files(folder.resolve("data")));
        loopback.takeRequests();
        hub().data("datasets/org/rows", train);
        assertEquals(List.of(), loopback.takeRequests());
        hub().data("datasets/org/rows", test);
        assertEquals(List.of("test.jsonl", "train.jsonl"), files(folder.resolve("data")));
        assertEquals("c", Files.readString(hub().data("datasets/org/rows:x.pdf", train)));
        assertEquals("datasets/org/rows:y.pdf: no such file in the data set", refused(() -> hub().data(
                        "datasets/org/rows:y.pdf", train)));
    }

    @Test
    void manyAtOnceFetchEachFileOnce() throws Exception {
        loopback.repo("org/name").commit("main", model());
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Path>> found = threads.invokeAll(Collections.nCopies(4, () -> hub().model("org/name")));
            for (Future<Path> one : found) {
                assertEquals(4, files(one.get()).size());
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(1, contents().stream().filter(request -> !request.ofHub()).count());
    }

    @Test
    void anInterruptStopsIt() throws Exception {
        loopback.repo("org/name").commit("main", model());
        Thread thread = Thread.currentThread();
        loopback.fault(ofFile("model.safetensors"), 1, exchange -> {
            exchange.sendResponseHeaders(200, WEIGHTS);
            exchange.getResponseBody().write(Arrays.copyOf(model().get("model.safetensors"), 1000));
            exchange.getResponseBody().flush();
            thread.interrupt();
            try {
                Thread.sleep(3000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Throwable thrown = assertThrows(IOException.class, () -> hub().model("org/name"));
        assertTrue(Thread.interrupted(), thrown::toString);
        assertTrue(
                thrown instanceof InterruptedIOException
                        || thrown instanceof java.nio.channels.ClosedByInterruptException,
                thrown::toString);
    }

    @Test
    void aModelKeepsItsName() throws IOException {
        loopback.repo("org/name").commit("main", model());
        assertEquals("org/name", Hub.nameOf(hub().model("org/name")));
        assertEquals("org/name", Hub.nameOf(hub().model("org/name").resolve("config.json")));
        assertEquals("b", Hub.nameOf(Path.of("a/snapshots/b")));
        assertEquals("x", Hub.nameOf(Path.of("models--org--name/snapshots/main/x")));
    }

    @Test
    void progressIsTold() throws IOException {
        loopback.repo("org/name").commit("main", model());
        List<String> begun = new ArrayList<>();
        List<Long> far = new ArrayList<>();
        hub().listening(new Hub.Listener() {
                    @Override
                    public void fetching(String what, Path into, int files, long bytes) {
                        begun.add(what + " " + files + " " + bytes);
                    }

                    @Override
                    public void progressed(long bytes) {
                        far.add(bytes);
                    }
                })
                .model("org/name");
        long all = WEIGHTS + 20_000 + 2 + 8;
        assertEquals(List.of("org/name 4 " + all), begun);
        assertEquals(all, far.get(far.size() - 1));
        List<Long> sorted = new ArrayList<>(far);
        Collections.sort(sorted);
        assertEquals(sorted, far);
    }

    @Test
    void aReplacedLinkDoesNotWriteThroughIt() throws IOException {
        String commit = loopback.repo("org/name").commit("main", model());
        Path elsewhere = Files.write(temp.resolve("elsewhere"), text("precious"));
        Path snapshot = Files.createDirectories(cache().resolve("models--org--name/snapshots/" + commit));
        Files.createSymbolicLink(snapshot.resolve("config.json"), temp.resolve("dangling"));
        hub().model("org/name");
        assertEquals("{}", Files.readString(snapshot.resolve("config.json")));
        assertFalse(Files.exists(temp.resolve("dangling"), LinkOption.NOFOLLOW_LINKS));
        assertEquals("precious", Files.readString(elsewhere));
    }
}
