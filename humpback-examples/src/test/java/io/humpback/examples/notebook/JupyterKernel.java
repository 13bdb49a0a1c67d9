package io.humpback.examples.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** A kernel in a process of its own, asked to run cells as Jupyter asks (messaging protocol 5.3). */
final class JupyterKernel implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] DELIMITER = "<IDS|MSG>".getBytes(StandardCharsets.US_ASCII);
    private static final String KEY = "key of a test";

    private final Process process;
    private final ZContext context = new ZContext();
    private final ZMQ.Socket shell = context.createSocket(SocketType.DEALER);
    private final ZMQ.Socket published = context.createSocket(SocketType.SUB);

    private JupyterKernel(Process process, ObjectNode connection) {
        this.process = process;
        shell.connect("tcp://127.0.0.1:" + connection.get("shell_port"));
        published.subscribe("");
        published.setReceiveTimeOut(1000);
        published.connect("tcp://127.0.0.1:" + connection.get("iopub_port"));
    }

    /** {@return a kernel that answers} Version 2.3.0 does not where it is asked while it starts: then another is started. */
    static JupyterKernel start(Path kernel, Path folder, Path work) throws Exception {
        for (int attempt = 0; attempt < 3; attempt++) {
            ObjectNode connection = connection();
            Path file = Files.writeString(folder.resolve("connection" + attempt + ".json"), connection.toString());
            Path log = folder.resolve("kernel" + attempt + ".log");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx1g",
                            "-cp",
                            kernel.toString(),
                            "org.rapaio.jupyter.kernel.MainApp",
                            file.toString())
                    .directory(work.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
            for (int i = 0;
                    i < 600 && !(Files.exists(log) && Files.readString(log).contains("[ControlChannel]: Binding"));
                    i++) {
                Thread.sleep(100);
            }
            Thread.sleep(2000);
            JupyterKernel started = new JupyterKernel(process, connection);
            if (started.answers()) {
                return started;
            }
            started.close();
        }
        throw new IOException("the kernel does not answer");
    }

    private static ObjectNode connection() throws IOException {
        ObjectNode connection = JSON.createObjectNode()
                .put("transport", "tcp")
                .put("ip", "127.0.0.1")
                .put("key", KEY)
                .put("signature_scheme", "hmac-sha256")
                .put("kernel_name", "java");
        List<ServerSocket> taken = new ArrayList<>();
        for (String port : List.of("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")) {
            ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            taken.add(free);
            connection.put(port, free.getLocalPort());
        }
        for (ServerSocket free : taken) {
            free.close();
        }
        return connection;
    }

    private boolean answers() throws Exception {
        for (int i = 0; i < 20 && process.isAlive(); i++) {
            send("kernel_info_request", JSON.createObjectNode());
            if (published.recv() != null) {
                for (byte[] more = {}; more != null; more = published.recv()) {} // until it says no more
                return true;
            }
        }
        return false;
    }

    private String send(String type, ObjectNode content) throws Exception {
        String id = UUID.randomUUID().toString();
        ObjectNode header = JSON.createObjectNode()
                .put("msg_id", id)
                .put("username", "test")
                .put("session", "session")
                .put("date", "2026-01-01T00:00:00.000Z")
                .put("msg_type", type)
                .put("version", "5.3");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        List<byte[]> parts = new ArrayList<>();
        for (String part : List.of(header.toString(), "{}", "{}", content.toString())) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            mac.update(bytes);
            parts.add(bytes);
        }
        shell.sendMore(DELIMITER);
        shell.sendMore(HexFormat.of().formatHex(mac.doFinal()));
        for (int i = 0; i < parts.size(); i++) {
            shell.send(parts.get(i), i < parts.size() - 1 ? ZMQ.SNDMORE : 0);
        }
        return id;
    }

    /** {@return what a cell leaves, each with its {@code msg_type} and its {@code content}, in order} */
    List<JsonNode> run(String cell) throws Exception {
        ObjectNode request = JSON.createObjectNode()
                .put("code", cell)
                .put("silent", false)
                .put("store_history", true)
                .put("allow_stdin", false)
                .put("stop_on_error", true);
        request.putObject("user_expressions");
        String id = send("execute_request", request);
        List<JsonNode> left = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        while (System.nanoTime() < end && process.isAlive()) {
            byte[] part = published.recv();
            if (part == null) {
                continue;
            }
            List<byte[]> parts = new ArrayList<>(List.of(part));
            while (published.hasReceiveMore()) {
                parts.add(published.recv());
            }
            int body = parts.size() - 4; // header, parent, metadata, content
            JsonNode header = JSON.readTree(parts.get(body));
            JsonNode parent = JSON.readTree(parts.get(body + 1));
            JsonNode content = JSON.readTree(parts.get(body + 3));
            String type = header.get("msg_type").textValue();
            if (!parent.path("msg_id").asText().equals(id)) {
                continue;
            }
            if (type.equals("status")
                    && content.get("execution_state").textValue().equals("idle")) {
                return left;
            }
            left.add(JSON.createObjectNode().put("msg_type", type).set("content", content));
        }
        throw new IOException("no end of: " + cell);
    }

    @Override
    public void close() throws Exception {
        context.close();
        process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }
}
