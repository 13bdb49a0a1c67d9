package io.humpback.onnx.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.TrainingListener;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the loss went, in three forms to watch it by: {@code losses.jsonl}, an event file for TensorBoard, and the curve
 * {@code loss.svg}. All are made from the lines that a {@link SavePoint} keeps, so that after an interruption they have
 * each step once.
 */
final class History implements AutoCloseable {

    static final String LINES = "losses.jsonl";
    static final String CURVE = "loss.svg";
    static final String STEP = "step";
    static final String TIME = "time";
    static final String LOSS = "loss";
    static final String HELD_OUT_LOSS = "held_out_loss";

    private static final String RATE = "lr";
    private static final String NORM = "grad_norm";
    private static final String TOKENS = "tokens";
    private static final String SPEED = "tokens_per_second";
    private static final String SECONDS = "seconds";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final List<ObjectNode> entries = new ArrayList<>();
    private final OutputStream lines;
    private final EventFile events;

    private History(Path folder, OutputStream lines, EventFile events) {
        this.folder = folder;
        this.lines = lines;
        this.events = events;
    }

    /** {@return a history that begins with lines that are kept; files of a longer one are replaced} */
    static History in(Path folder, List<String> kept) throws IOException {
        OutputStream lines = new FileOutputStream(folder.resolve(LINES).toFile());
        try {
            History history = new History(folder, lines, EventFile.in(folder));
            for (String line : kept) {
                history.add((ObjectNode) JSON.readTree(line));
            }
            return history;
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    /** Tells the steps and measurements of lines that are kept, of a training of a number of steps. */
    static void tell(List<String> kept, int steps, TrainingListener listener) throws IOException {
        List<TrainingListener.Step> made = new ArrayList<>();
        Map<Integer, Double> heldOut = new TreeMap<>();
        for (String line : kept) {
            JsonNode entry = JSON.readTree(line);
            int step = entry.path(STEP).asInt();
            if (entry.has(HELD_OUT_LOSS)) {
                heldOut.put(step, entry.path(HELD_OUT_LOSS).doubleValue());
            } else {
                made.add(new TrainingListener.Step(
                        step,
                        steps,
                        entry.path(LOSS).doubleValue(),
                        entry.path(RATE).doubleValue(),
                        entry.path(NORM).doubleValue(),
                        entry.path(TOKENS).longValue(),
                        entry.path(SECONDS).doubleValue(),
                        entry.path(SPEED).doubleValue()));
            }
        }
        listener.remembered(made, heldOut);
    }

    /** Adds a step. */
    void add(TrainingListener.Step step) throws IOException {
        add(entry(step.step())
                .put(LOSS, step.loss())
                .put(RATE, step.learningRate())
                .put(NORM, step.gradientNorm())
                .put(TOKENS, step.tokens())
                .put(SPEED, step.tokensPerSecond())
                .put(SECONDS, step.seconds()));
    }

    /** Adds a measurement of the rows that are held out. */
    void add(int step, double heldOutLoss) throws IOException {
        add(entry(step).put(HELD_OUT_LOSS, heldOutLoss).put("held_out_perplexity", Math.exp(heldOutLoss)));
    }

    private static ObjectNode entry(int step) {
        return JSON.createObjectNode().put(STEP, step).put(TIME, System.currentTimeMillis() / 1000.0);
    }

    private void add(ObjectNode entry) throws IOException {
        entries.add(entry);
        try {
            lines.write((entry + "\n").getBytes(StandardCharsets.UTF_8));
            events.add(entry);
        } catch (IOException e) {
            throw new IOException(folder.resolve(LINES) + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** {@return whether the rows held out have been measured after a number of steps} */
    boolean measured(int step) {
        return entries.stream().anyMatch(entry -> entry.path(STEP).asInt() == step && entry.has(HELD_OUT_LOSS));
    }

    /** {@return a line for each entry} */
    List<String> lines() {
        return entries.stream().map(JsonNode::toString).toList();
    }

    /** Draws the curve so far. */
    void draw() throws IOException {
        Files.writeString(folder.resolve(CURVE), LossCurve.svg(entries));
    }

    @Override
    public void close() throws IOException {
        try (lines) {
            events.close();
        }
    }
}
