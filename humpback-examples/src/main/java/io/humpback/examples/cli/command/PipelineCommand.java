package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Augmenter;
import io.humpback.Keep;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.ResumableCommand;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.KeepOptions;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.RoleOptions;
import io.humpback.examples.cli.option.SamplingOptions;
import io.humpback.examples.cli.option.ScoreOptions;
import io.humpback.examples.cli.option.SegmentOptions;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pages in, kept pairs out. */
@Command(
        name = "pipeline",
        sortOptions = false,
        description = "The whole chain, segment, augment, score and curate: leaves segments.jsonl, "
                + "candidates.jsonl, scores.jsonl and kept.jsonl in a folder.")
public final class PipelineCommand extends ResumableCommand {

    @Option(
            names = "--pages",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description = "HTML files, folders, .tar.gz, .warc.gz or .wacz archives; on the hub datasets/org/name or"
                    + " datasets/org/name:file.")
    private List<Path> pages = List.of();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "A folder, made where there is none.")
    private Path out;

    @Mixin
    private final SegmentOptions taken = new SegmentOptions();

    @Option(names = "--strict", description = "Stop at the first page that cannot be read.")
    private boolean strict;

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final RoleOptions roles = new RoleOptions();

    @Mixin
    private final SamplingOptions options = new SamplingOptions();

    @Mixin
    private final ScoreOptions scoring = new ScoreOptions();

    @Mixin
    private final KeepOptions keeping = new KeepOptions();

    /** Told of the judge's work once there is some. */
    private Listener heard = Listener.NONE;

    @Override
    protected ObjectNode execute() throws IOException {
        Keep keep = keeping.keep(command());
        Sampling sampling = options.over(command(), SamplingOptions.NUCLEUS.maxTokens(256));
        scoring.checkBesideWriter(command());
        taken.check(command());
        models.require();
        roles.check(models);
        if (roles.hasJudge() && !scoring.readsLanguageModel()) {
            throw wrongUse("--judge-model: found --by reward, expected --reward-model alone");
        }
        List<Path> found = HubFiles.pages(command(), pages);
        SegmentCommand.requireThere(found);
        try (LanguageModel otherJudge = roles.judge(models);
                LanguageModel otherWriter = roles.writer(models);
                LanguageModel model = models.load()) {
            Path folder = Files.createDirectories(out);
            return goOn(folder.resolve("kept.jsonl"), "--pages", found, () -> {
                sameModel(model.fingerprint());
                sameModel("--writer", otherWriter);
                sameModel("--judge-model", otherJudge);
                LanguageModel writer = otherWriter == null ? model : otherWriter;
                LanguageModel judging = otherJudge == null ? model : otherJudge;
                ObjectNode summary = JsonLines.row();
                scoring.judge(
                        judging,
                        models,
                        progress -> heard.progressed(progress),
                        fingerprint -> sameModel("judge", fingerprint),
                        (judge, provenance) -> {
                            scoring.require(keep, judge);
                            if (model != writer) {
                                model.release();
                            }
                            Scoring by = (rows, to) -> {
                                if (writer != judging) {
                                    writer.release();
                                }
                                heard = to.listener();
                                ScoreCommand.run(judge, provenance, scoring, models, rows, to);
                            };
                            steps(found, writer, sampling, by, keep, folder, summary);
                        });
                return summary;
            });
        }
    }

    /** Scores the pairs of a file. */
    @FunctionalInterface
    private interface Scoring {
        void of(InputRows rows, Output to) throws IOException;
    }

    private void steps(
            List<Path> found,
            LanguageModel writer,
            Sampling sampling,
            Scoring scores,
            Keep keep,
            Path folder,
            ObjectNode summary)
            throws IOException {
        Path segments = folder.resolve("segments.jsonl");
        Path candidates = folder.resolve("candidates.jsonl");
        Path scored = folder.resolve("scores.jsonl");
        summary.set(
                "segment",
                step("segment", Extent.of(found), segments, strict, to -> SegmentCommand.run(found, taken, to)));
        requireRead(found, (ObjectNode) summary.get("segment"));
        summary.set(
                "augment",
                step(
                        "augment",
                        rowsOf(segments),
                        candidates,
                        strict,
                        to -> AugmentCommand.run(
                                Augmenter.using(writer), sampling, InputRows.of(segments), models.portion(true), to)));
        summary.set(
                "score",
                step("score", rowsOf(candidates), scored, strict, to -> scores.of(InputRows.of(candidates), to)));
        summary.set(
                "curate",
                step(
                        "curate",
                        rowsOf(scored),
                        folder.resolve("kept.jsonl"),
                        strict,
                        to -> CurateCommand.run(keep, InputRows.of(scored), to)));
    }

    private static Extent rowsOf(Path file) throws IOException {
        return Extent.of(RowCommand.count(file));
    }
}
