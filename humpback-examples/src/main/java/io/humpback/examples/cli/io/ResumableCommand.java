package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.resume.Journal;
import io.humpback.examples.cli.resume.Unfinished;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.internal.Sha256;
import io.humpback.model.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * A command whose model works for long on rows: stopped, killed or failed, and started again with the same input and
 * settings, it goes on there.
 */
public abstract class ResumableCommand extends ReportingCommand {

    /** How the name of the folder ends that holds what is done. */
    private static final String UNFINISHED = ".unfinished";

    /** Options that do not change the result, and those that are known by what is read from there. */
    private static final Set<String> NO_SETTINGS = Set.of(
            "--in",
            "--pages",
            "--out",
            "--model",
            "--adapter",
            "--writer",
            "--judge-model",
            "--judge-adapter",
            "--json",
            "--debug",
            "--restart");

    @Option(
            names = "--restart",
            order = 99,
            description = "Begin anew. Without it, what was stopped or killed goes on when it is started again, from "
                    + "a folder that lies beside the output until all is done.")
    private boolean restart;

    private @Nullable Unfinished unfinished;

    /** A piece of work with its summary. */
    @FunctionalInterface
    protected interface Piece {
        ObjectNode execute() throws IOException;
    }

    /**
     * {@return the summary of work that goes on where an earlier process was stopped}
     *
     * @param out what is written, beside which lies what is done; null where it can be written only once
     * @param option the one that names what is read
     */
    protected final ObjectNode goOn(@Nullable Path out, String option, List<Path> in, Piece work) throws IOException {
        Unfinished opened = open(out, option, in);
        try (opened) {
            unfinished = opened;
            ObjectNode summary = work.execute();
            opened.complete();
            return summary;
        } catch (CancellationException e) {
            throw opened.stopped(e);
        } catch (IOException | RuntimeException e) {
            if (Failure.isStop(e)) {
                CancellationException stop = new CancellationException("interrupted");
                stop.initCause(e);
                throw opened.stopped(stop);
            }
            opened.rest("failed").ifPresent(terminal().err()::println);
            throw e;
        }
    }

    private Unfinished open(@Nullable Path out, String option, List<Path> in) throws IOException {
        for (Path path : in) {
            InputRows.requireThere(path);
        }
        if (out == null || !in.stream().allMatch(path -> Files.isRegularFile(path) || Files.isDirectory(path))) {
            return Unfinished.passing();
        }
        Output.requireFolder(out);
        return Unfinished.open(unfinished(out), settings(out, option, in), restart);
    }

    private static Path unfinished(Path out) {
        return out.resolveSibling(out.getFileName() + UNFINISHED);
    }

    /** {@return all that decides the result but the models} */
    private Map<String, String> settings(Path out, String option, List<Path> in) throws IOException {
        Map<String, String> settings = new TreeMap<>();
        settings.put("command", command().name());
        settings.put("version", String.valueOf(getClass().getPackage().getImplementationVersion()));
        // in a folder may lie what this command, or another process of it, has not finished
        settings.put(option, "content " + Sha256.ofAll(in, file -> !isOf(out, file)));
        for (OptionSpec given : command().commandLine().getParseResult().matchedOptions()) {
            if (!NO_SETTINGS.contains(given.longestName())) {
                settings.put(
                        given.longestName(),
                        given.arity().max() == 0 ? "given" : String.join(" ", given.originalStringValues()));
            }
        }
        return settings;
    }

    private static boolean isOf(Path out, Path file) {
        String name = file.getFileName().toString();
        return file.toAbsolutePath().startsWith(unfinished(out.toAbsolutePath()))
                || name.startsWith("." + out.getFileName()) && name.endsWith(".part");
    }

    /** {@return a model, which must be the one that the work was begun with; else it is closed} */
    protected final LanguageModel same(LanguageModel model) {
        try {
            sameModel(model.fingerprint());
            return model;
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** Refuses the fingerprint of another model than the one that the work was begun with. */
    protected final void sameModel(String fingerprint) {
        Objects.requireNonNull(unfinished).requireModel("--model", fingerprint);
    }

    /** The same for a model that an option names, if it does. */
    protected final void sameModel(String option, @Nullable LanguageModel model) {
        Objects.requireNonNull(unfinished).requireModel(option, model == null ? null : model.fingerprint());
    }

    /** The same for what an option says of models, by its fingerprint. */
    protected final void sameModel(String option, String fingerprint) {
        Objects.requireNonNull(unfinished).requireModel(option, fingerprint);
    }

    /** {@return the summary of the last step of the work} */
    final ObjectNode lastStep(String task, Extent extent, Path file, Output.Kind kind, boolean strict, Work work)
            throws IOException {
        try (Journal journal = Objects.requireNonNull(unfinished).journal(task)) {
            return run(task, extent, file, kind, strict, journal, work);
        }
    }

    /** {@return the summary of a step after which others come; done at most once, whoever is stopped} */
    protected final ObjectNode step(String task, Extent extent, Path file, boolean strict, Work work)
            throws IOException {
        Unfinished to = Objects.requireNonNull(unfinished);
        ObjectNode before = to.done(task, file).orElse(null);
        if (before != null) {
            return before;
        }
        ObjectNode summary = lastStep(task, extent, file, Output::lines, strict, work);
        if (!summary.has("nothing_read")) {
            to.finished(task, summary, file);
        }
        return summary;
    }
}
