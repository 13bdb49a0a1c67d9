package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Augmenter;
import io.humpback.Keep;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.ResumableCommand;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.JudgeOptions;
import io.humpback.examples.cli.option.KeepOptions;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.RoleOptions;
import io.humpback.examples.cli.option.SamplingOptions;
import io.humpback.examples.cli.option.SegmentOptions;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.model.LanguageModel;
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
    private final JudgeOptions judge = new JudgeOptions();

    @Mixin
    private final KeepOptions keeping = new KeepOptions();

    @Override
    protected ObjectNode execute() throws IOException {
        Keep keep = keeping.keep(command());
        Sampling sampling = options.over(command(), SamplingOptions.NUCLEUS.maxTokens(256));
        judge.check(command());
        taken.check(command());
        models.require();
        roles.check(models);
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
                if (model != writer) {
                    model.release();
                }
                return steps(found, writer, judging, sampling, keep, folder);
            });
        }
    }

    private ObjectNode steps(
            List<Path> found, LanguageModel writer, LanguageModel judging, Sampling sampling, Keep keep, Path folder)
            throws IOException {
        Path segments = folder.resolve("segments.jsonl");
        Path candidates = folder.resolve("candidates.jsonl");
        Path scores = folder.resolve("scores.jsonl");
        ObjectNode summary = JsonLines.row();
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
        if (writer != judging) {
            writer.release();
        }
        summary.set(
                "score",
                step(
                        "score",
                        rowsOf(candidates),
                        scores,
                        strict,
                        to -> ScoreCommand.run(
                                judging, judge, InputRows.of(candidates), models.portion(judge.isReasoned()), to)));
        summary.set(
                "curate",
                step(
                        "curate",
                        rowsOf(scores),
                        folder.resolve("kept.jsonl"),
                        strict,
                        to -> CurateCommand.run(keep, InputRows.of(scores), to)));
        return summary;
    }

    private static Extent rowsOf(Path file) throws IOException {
        return Extent.of(RowCommand.count(file));
    }
}
