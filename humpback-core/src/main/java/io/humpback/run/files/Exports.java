package io.humpback.run.files;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Candidate;
import io.humpback.data.Segment;
import io.humpback.data.file.HubFolder;
import io.humpback.data.file.HubFolder.SplitWriter;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.RowWriter;
import io.humpback.data.format.Alpaca;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.ShareGpt;
import io.humpback.data.format.Trl;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Replacement;
import io.humpback.internal.Sha256;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.Labels;
import io.humpback.run.store.Artifacts.Artifact;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Verdicts.Judgement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The exported files of a run, each whole or not there. The same run gives the same bytes. */
public final class Exports {

    /** The paper's two sets: the lowest score of each. */
    private static final List<Map.Entry<String, Double>> PAPER =
            List.of(Map.entry("A_5.jsonl", 4.5), Map.entry("A_4.jsonl", 4.0));

    private static final String HUB = "hub";

    private final RunStore store;
    private final Path folder;
    private final int last;
    private final Runnable betweenRows;

    /**
     * Prepares the export of the last round; {@code betweenRows} is called now and then, so that it can stop the work.
     */
    public Exports(RunStore store, Path directory, int rounds, Runnable betweenRows) {
        this.store = store;
        this.folder = directory.resolve("export");
        this.last = rounds;
        this.betweenRows = betweenRows;
    }

    /**
     * Writes what the last round kept: with all that is known of it, in the formats that trainers take, and as a folder
     * in the hub's layout; if rated also the paper's two sets; and all candidates.
     *
     * @param funnel for the data set's card
     * @param labels for the card too; may be none
     * @param split which split of the folder in the hub's layout a pair belongs to
     */
    public void write(boolean rated, List<FunnelStep> funnel, Labels labels, Function<Candidate, String> split)
            throws IOException {
        Files.createDirectories(folder);
        Replacement.complete(folder.resolve(HUB));
        for (Path swept :
                List.of(folder, folder.resolve(HUB), folder.resolve(HUB).resolve("data"))) {
            AtomicFiles.sweep(swept, "");
        }
        write("curated.jsonl", () -> store.candidates.kept(last), this::row);
        for (PairFormat format : List.of(Trl.promptCompletion(), Trl.messages(), Alpaca.format(), ShareGpt.format())) {
            write(
                    "curated-" + format.key() + ".jsonl",
                    () -> store.candidates.kept(last),
                    stored -> format.row(stored.candidate().example()));
        }
        for (Map.Entry<String, Double> set : PAPER) {
            if (rated) {
                write(
                        set.getKey(),
                        () -> store.candidates.all().filter(one -> reaches(one, set.getValue())),
                        this::row);
            } else {
                Files.deleteIfExists(folder.resolve(set.getKey())); // of an earlier judge
            }
        }
        write("candidates.jsonl", () -> store.candidates.all(), this::row);
        hub(funnel, labels, split);
    }

    /** Rows that TRL trains on as they are, with all that is known of them. */
    private void hub(List<FunnelStep> funnel, Labels labels, Function<Candidate, String> split) throws IOException {
        Path hub = folder.resolve(HUB);
        try (SplitWriter writer = HubFolder.write(hub, ExportCard.of(store, last, funnel, labels))) {
            copy(() -> store.candidates.kept(last), writer, stored -> {
                writer.split(split.apply(stored.candidate()));
                ObjectNode row = Trl.promptCompletion().row(stored.candidate().example());
                return row.setAll(row(stored).remove(List.of("instruction", "response")));
            });
            writer.commit();
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(hub)) {
            files = all.filter(Files::isRegularFile)
                    .filter(file -> HubFolder.isPart(hub, file))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            note(HUB + "/" + hub.relativize(file).toString().replace('\\', '/'));
        }
    }

    private boolean reaches(Stored stored, double score) {
        Judgement verdict = store.verdicts.find(last, stored.n());
        return verdict != null && verdict.value() != null && verdict.value() >= score;
    }

    private void write(String name, Supplier<Stream<Stored>> rows, Function<Stored, ObjectNode> row)
            throws IOException {
        try (RowWriter writer = JsonLines.write(folder.resolve(name))) {
            copy(rows, writer, row);
            writer.commit();
        }
        note(name);
    }

    private void copy(Supplier<Stream<Stored>> rows, RowWriter writer, Function<Stored, ObjectNode> row)
            throws IOException {
        try (Stream<Stored> all = rows.get()) {
            long written = 0;
            for (Iterator<Stored> each = all.iterator(); each.hasNext(); ) {
                writer.write(row.apply(each.next()));
                if (++written % 1024 == 0) {
                    betweenRows.run();
                }
            }
        }
    }

    private void note(String name) throws IOException {
        Path file = folder.resolve(name);
        Artifact artifact = new Artifact("export/" + name, Files.size(file), Sha256.of(file));
        store.transaction("export " + name, () -> store.artifacts.insert(artifact));
    }

    private ObjectNode row(Stored stored) {
        ObjectNode row = JsonLines.row()
                .put("id", stored.id())
                .put("instruction", stored.candidate().instruction())
                .put("response", stored.candidate().response());
        ArrayNode rounds = JsonLines.row().putArray("scores");
        for (int round = 1; round <= last; round++) {
            Judgement verdict = store.verdicts.find(round, stored.n());
            boolean kept = store.picks.contains(round, stored.n());
            ObjectNode of = rounds.addObject().put("round", round).put("kept", kept);
            if (verdict != null) {
                put(of, verdict);
            }
            if (round == last && verdict != null && verdict.value() != null) {
                row.put("score", verdict.value());
            }
        }
        row.set("scores", rounds);
        Segment segment = stored.candidate().segment();
        row.putObject("segment")
                .put("id", segment.id())
                .put("source", segment.source())
                .put("title", segment.title())
                .put("header", segment.header())
                .put("index", segment.index());
        Candidate.Provenance written = stored.candidate().written();
        row.putObject("provenance")
                .put("model", written.model())
                .put("adapter", stored.adapter())
                .put("prompt", written.prompt())
                .set("sampling", JsonLines.row(written.sampling().settings()));
        return row;
    }

    private static void put(ObjectNode row, Judgement verdict) {
        Drop drop = verdict.drop();
        if (drop != null) {
            row.put("dropped", drop.reason().key()).put("detail", drop.detail());
            return;
        }
        row.put("score", verdict.value());
        if (verdict.distribution() != null) {
            ArrayNode distribution = row.putArray("distribution");
            for (double p : verdict.distribution()) {
                distribution.add(p);
            }
            row.put("outside", verdict.outside()).put("spread", verdict.spread());
        }
    }
}
