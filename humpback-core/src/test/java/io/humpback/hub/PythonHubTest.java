package io.humpback.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Python's {@code huggingface_hub} with the same hub and the same cache. Not part of a usual build; it needs a Python that has
 * it, which a variable names:
 *
 * <pre>
 * python3 -m venv /tmp/hub &amp;&amp; /tmp/hub/bin/pip install huggingface_hub
 * HUMPBACK_PYTHON=/tmp/hub/bin/python mvn test -pl humpback-core -Dtest=PythonHubTest
 * </pre>
 */
@Timeout(120)
@EnabledIfEnvironmentVariable(named = "HUMPBACK_PYTHON", matches = ".+")
class PythonHubTest {

    @TempDir
    Path temp;

    private LoopbackHub loopback;
    private Map<String, String> environment;
    private Map<String, byte[]> model;
    private String commit;

    @BeforeEach
    void start() throws IOException {
        loopback = new LoopbackHub();
        environment = new TreeMap<>(Map.of(
                "HF_ENDPOINT",
                loopback.endpoint(),
                "HF_HOME",
                temp.resolve("home").toString(),
                "HF_HUB_DISABLE_XET",
                "1",
                "HF_HUB_DISABLE_TELEMETRY",
                "1"));
        byte[] weights = new byte[1_000_000];
        new Random(1).nextBytes(weights);
        model = new TreeMap<>(Map.of(
                "config.json", text("{}"),
                "tokenizer.json", text("{\"a\": 1}"),
                "model.safetensors", weights,
                "notes/README.md", text("# Notes")));
        commit = loopback.repo("org/name").commit("main", model);
    }

    @AfterEach
    void stop() {
        loopback.close();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Hub hub() throws IOException {
        return Hub.of(environment, Duration.ofMillis(10));
    }

    /** {@return the lines that a script prints} */
    private List<String> python(String script) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(System.getenv("HUMPBACK_PYTHON"), "-c", script);
        builder.environment().putAll(environment);
        builder.redirectError(temp.resolve("stderr").toFile());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), () -> {
            try {
                return Files.readString(temp.resolve("stderr"));
            } catch (IOException e) {
                return e.toString();
            }
        });
        System.out.println(out);
        return out.lines().toList();
    }

    @Test
    void whatPythonFetchedIsUsedWithoutARequest() throws Exception {
        List<String> found = python("""
                from huggingface_hub import snapshot_download
                print(snapshot_download("org/name"))
                """);
        loopback.takeRequests();
        assertEquals(found.get(0), hub().model("org/name").toString());
        assertEquals(List.of(), loopback.takeRequests());
    }

    @Test
    void whatPythonFetchedInPartIsCompleted() throws Exception {
        python("""
                from huggingface_hub import hf_hub_download
                print(hf_hub_download("org/name", "config.json"))
                """);
        Path folder = hub().model("org/name");
        assertArrayEquals(model.get("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
    }

    @Test
    void whatIsFetchedHereIsSeenByPython() throws Exception {
        Path folder = hub().model("org/name");
        environment.put("HF_HUB_OFFLINE", "1");
        List<String> found = python("""
                from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
                print(snapshot_download("org/name", local_files_only=True))
                print(hf_hub_download("org/name", "model.safetensors"))
                print(try_to_load_from_cache("org/name", "config.json"))
                cache = scan_cache_dir()
                for repo in cache.repos:
                    for revision in repo.revisions:
                        print(repo.repo_type, repo.repo_id, revision.commit_hash, sorted(revision.refs),
                              sorted(file.file_name for file in revision.files), revision.size_on_disk)
                print(cache.warnings)
                """);
        assertEquals(
                List.of(
                        folder.toString(),
                        folder.resolve("model.safetensors").toString(),
                        folder.resolve("config.json").toString(),
                        "model org/name " + commit
                                + " ['main'] ['config.json', 'model.safetensors', 'tokenizer.json'] 1000010",
                        "[]"),
                found);
    }

    @Test
    void pythonFetchesOnlyWhatIsMissing() throws Exception {
        hub().model("org/name");
        loopback.takeRequests();
        python("""
                from huggingface_hub import snapshot_download
                print(snapshot_download("org/name"))
                """);
        assertEquals(
                List.of("/org/name/resolve/" + commit + "/notes/README.md"),
                loopback.takeRequests().stream()
                        .filter(request -> request.method().equals("GET"))
                        .map(LoopbackHub.Request::path)
                        .filter(path -> path.contains("/resolve/"))
                        .toList());
    }

    @Test
    void aLockThatPythonHoldsIsWaitedFor() throws Exception {
        String hash = LoopbackHub.sha256(model.get("model.safetensors"));
        Path lock = temp.resolve("home/hub/.locks/models--org--name").resolve(hash + ".lock");
        Files.createDirectories(lock.getParent());
        ProcessBuilder builder = new ProcessBuilder(System.getenv("HUMPBACK_PYTHON"), "-c", """
                import sys, time
                from filelock import FileLock
                with FileLock(sys.argv[1]):
                    print("held", flush=True)
                    time.sleep(2)
                """, lock.toString());
        Process process = builder.start();
        assertEquals('h', process.getInputStream().read());
        long start = System.nanoTime();
        StringBuilder told = new StringBuilder();
        hub().listening(new Hub.Listener() {
                    @Override
                    public void told(String line) {
                        told.append(line);
                    }
                })
                .model("org/name");
        assertTrue(System.nanoTime() - start > 1_000_000_000L);
        assertEquals("org/name:model.safetensors: another process fetches it, waiting", told.toString());
        process.waitFor();
    }

    @Test
    void pythonWaitsForALockThatIsHeldHere() throws Exception {
        Path lock = temp.resolve("x.lock");
        try (BlobLock held = BlobLock.acquire(lock, () -> {})) {
            assertEquals(List.of("waited"), python("""
                            from filelock import FileLock, Timeout
                            try:
                                FileLock("%s").acquire(timeout=0.2)
                                print("acquired " + "%s")
                            except Timeout:
                                print("waited")
                            """.formatted(lock, held)));
        }
    }
}
