package io.humpback.examples.cli;

import io.humpback.examples.cli.command.AttackCommand;
import io.humpback.examples.cli.command.AugmentCommand;
import io.humpback.examples.cli.command.BenchCommand;
import io.humpback.examples.cli.command.ConvertCommand;
import io.humpback.examples.cli.command.CurateCommand;
import io.humpback.examples.cli.command.DemoCommand;
import io.humpback.examples.cli.command.EvaluateCommand;
import io.humpback.examples.cli.command.ExportCommand;
import io.humpback.examples.cli.command.GenerateCommand;
import io.humpback.examples.cli.command.InspectCommand;
import io.humpback.examples.cli.command.LearnCommand;
import io.humpback.examples.cli.command.LikelihoodCommand;
import io.humpback.examples.cli.command.NanoCommand;
import io.humpback.examples.cli.command.PipelineCommand;
import io.humpback.examples.cli.command.ReportCommand;
import io.humpback.examples.cli.command.RunCommand;
import io.humpback.examples.cli.command.ScoreCommand;
import io.humpback.examples.cli.command.SegmentCommand;
import io.humpback.examples.cli.command.TrainCommand;
import io.humpback.examples.cli.command.VerifyCommand;
import io.humpback.examples.cli.command.check.DoctorCommand;
import io.humpback.examples.cli.command.check.TokenizeCommand;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.Models;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.examples.label.LabelCommand;
import io.humpback.examples.serve.ServeCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code humpback}, which does nothing but hold the others. */
@Command(
        name = "humpback",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        sortOptions = false,
        usageHelpAutoWidth = true,
        versionProvider = Cli.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Self-alignment by instruction backtranslation: web pages in, instructions written for them, "
                + "pairs rated, the best kept.",
        footer = {"", "Exit status: 0 done, 1 failed, 2 wrong use, 130 stopped."},
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            VerifyCommand.class,
            PipelineCommand.class,
            SegmentCommand.class,
            AugmentCommand.class,
            ScoreCommand.class,
            ServeCommand.class,
            CurateCommand.class,
            GenerateCommand.class,
            LikelihoodCommand.class,
            LabelCommand.class,
            LearnCommand.class,
            EvaluateCommand.class,
            AttackCommand.class,
            ReportCommand.class,
            TrainCommand.class,
            ConvertCommand.class,
            ExportCommand.class,
            InspectCommand.class,
            TokenizeCommand.class,
            DoctorCommand.class,
            BenchCommand.class,
            NanoCommand.class
        })
public final class Cli implements Runnable, Context {

    /** Exit status of a command that was interrupted. */
    static final int STOPPED = 130;

    private final Models models;
    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "On failure, also print the stack trace.")
    private boolean debug;

    private Cli(Models models, Terminal terminal) {
        this.models = models;
        this.terminal = terminal;
    }

    /**
     * Runs a command.
     *
     * @return the exit status: 0 done, 1 failed, 2 wrong use, 130 interrupted
     */
    public static int execute(Models models, Terminal terminal, String... args) {
        Cli cli = new Cli(models, terminal);
        try {
            return cli.commandLine().execute(args);
        } catch (OutOfMemoryError | StackOverflowError | LinkageError e) { // picocli hands on exceptions only
            return cli.failed(e);
        } finally {
            terminal.out().flush();
            terminal.err().flush();
        }
    }

    /**
     * Reads the arguments of a command without running it.
     *
     * @throws ParameterException if the command would be used wrongly
     */
    public static void parse(String... args) {
        new Cli(new OnnxModels(), Terminal.ofProcess()).commandLine().parseArgs(args);
    }

    private CommandLine commandLine() {
        return new CommandLine(this)
                .setOut(terminal.out())
                .setErr(terminal.err())
                .registerConverter(Path.class, new PathOption())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, arguments) -> wrongUse(e))
                .setExecutionExceptionHandler((e, command, parsed) -> failed(e));
    }

    @Override
    public Models models() {
        return models;
    }

    @Override
    public Terminal terminal() {
        return terminal;
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        CommandLine commandLine = Objects.requireNonNull(spec).commandLine();
        throw new ParameterException(
                commandLine,
                "no command, expected one of "
                        + String.join(", ", commandLine.getSubcommands().keySet()));
    }

    private int wrongUse(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        List<String> near = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String meant = near.isEmpty() ? "" : "; near it: " + String.join(", ", near);
        terminal.err().println(command + ": " + Failure.oneLine(e.getMessage()) + meant + " (" + command + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private int failed(Throwable e) {
        boolean stopped = Failure.isStop(e);
        terminal.err().println("humpback: " + (stopped ? Failure.stop(e) : Failure.line(e)));
        if (debug) {
            e.printStackTrace(terminal.err());
        }
        return stopped ? STOPPED : CommandLine.ExitCode.SOFTWARE;
    }

    /** The version in the manifest of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Cli.class.getPackage().getImplementationVersion();
            return new String[] {"humpback " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
