package io.humpback.examples.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.label.Draw.Drawn;
import io.humpback.examples.label.Known.Labelled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A person at work: which pair comes next, what was said of those before. Pairs that were skipped come again at the end, in
 * the next session too. Safe for use from several threads, as the page's requests come.
 */
final class Labelling {

    private static final int MAX_NOTE = 2000;

    private final Draw draw;
    private final Scale scale;
    private final LabelFile file;
    private final Map<String, Map<String, Double>> others;
    private final long seed;
    private final Map<String, Drawn> byId = new LinkedHashMap<>();
    private final Map<String, ObjectNode> given = new HashMap<>();
    private final Set<String> skipped = new LinkedHashSet<>();

    /** @param others labels of other people, by their names and the pairs' ids */
    Labelling(Draw draw, Scale scale, LabelFile file, Map<String, Map<String, Double>> others, long seed) {
        this.draw = draw;
        this.scale = scale;
        this.file = file;
        this.others = others;
        this.seed = seed;
        draw.order().forEach(drawn -> byId.put(drawn.pair().id(), drawn));
        for (ObjectNode row : file.rows()) {
            JsonNode label = row.path(scale.field());
            if (!label.isInt()
                    || !scale.has(label.intValue())
                    || !row.path("id").isTextual()) {
                throw new DataException("labels: found a row without id or " + scale.field()
                        + " on this scale, expected the file that this command wrote with the same --scale");
            }
            given.put(row.get("id").textValue(), row);
        }
    }

    /** {@return what the page shows: the pair that comes next, without its score, and how far the work is} */
    synchronized ObjectNode state() {
        ObjectNode state = JsonLines.row()
                .put("scale", scale.name())
                .put("total", draw.order().size())
                .put("done", done())
                .put("skipped", skipped.size())
                .put("can_undo", !file.rows().isEmpty());
        Drawn next = next();
        if (next != null) {
            state.putObject("pair")
                    .put("id", next.pair().id())
                    .put("instruction", next.pair().instruction())
                    .put("response", next.pair().response());
        }
        state.set("known", known());
        return state;
    }

    private long done() {
        return byId.keySet().stream().filter(given::containsKey).count();
    }

    private @Nullable Drawn next() {
        for (Drawn drawn : draw.order()) {
            String id = drawn.pair().id();
            if (!given.containsKey(id) && !skipped.contains(id)) {
                return drawn;
            }
        }
        return skipped.stream()
                .filter(id -> !given.containsKey(id))
                .findFirst()
                .map(byId::get)
                .orElse(null);
    }

    /** {@return what is known so far} */
    synchronized ObjectNode known() {
        List<Labelled> labels = new ArrayList<>();
        byId.forEach((id, drawn) -> {
            ObjectNode row = given.get(id);
            if (row != null) {
                boolean good = scale.isGood(row.get(scale.field()).doubleValue());
                labels.add(new Labelled(drawn.pair().score(), drawn.stratum(), good));
            }
        });
        ObjectNode known = Known.of(labels, draw.strata(), seed);
        ArrayNode agreements = known.putArray("agreement");
        others.forEach((name, theirs) -> {
            List<Double> own = new ArrayList<>();
            List<Double> other = new ArrayList<>();
            given.forEach((id, row) -> {
                Double label = theirs.get(id);
                if (label != null) {
                    own.add(row.get(scale.field()).doubleValue());
                    other.add(label);
                }
            });
            agreements.add(Known.agreement(name, own, other, scale));
        });
        return known;
    }

    /**
     * Records a label.
     *
     * @param seconds for how long the pair was looked at
     * @throws IllegalArgumentException if the pair is none of the sample or the label none of the scale
     */
    synchronized void label(String id, int label, String note, double seconds) throws IOException {
        Drawn drawn = byId.get(id);
        if (drawn == null) {
            throw new IllegalArgumentException("id: found none of the sample's");
        }
        if (!scale.has(label)) {
            throw new IllegalArgumentException("label = " + label + ": expected one of the scale's");
        }
        if (note.length() > MAX_NOTE) {
            throw new IllegalArgumentException("note: " + note.length() + " characters, expected at most " + MAX_NOTE);
        }
        if (given.containsKey(id)) {
            return; // the page was sent twice
        }
        ObjectNode row = JsonLines.row()
                .put("id", id)
                .put("instruction", drawn.pair().instruction())
                .put("response", drawn.pair().response())
                .put(scale.field(), label)
                .put("score", drawn.pair().score())
                .put("drawn_with", draw.strata().get(drawn.stratum()).drawnWith())
                .put("seconds", Math.round(10 * seconds) / 10.0);
        if (!note.isBlank()) {
            row.put("note", note.strip());
        }
        file.add(row);
        given.put(id, row);
        skipped.remove(id);
    }

    /** Puts a pair at the end. */
    synchronized void skip(String id) {
        if (byId.containsKey(id) && !given.containsKey(id)) {
            skipped.remove(id);
            skipped.add(id);
        }
    }

    /** Takes the last label back, so that its pair comes again; without one nothing happens. */
    synchronized void undo() throws IOException {
        if (!file.rows().isEmpty()) {
            given.remove(file.undo().get("id").textValue());
        }
    }
}
