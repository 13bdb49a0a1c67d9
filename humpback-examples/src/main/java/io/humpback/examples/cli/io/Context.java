package io.humpback.examples.cli.io;

import io.humpback.examples.cli.terminal.Terminal;
import picocli.CommandLine.Model.CommandSpec;

/** What the program gives to each of its commands. */
public interface Context {

    /** {@return the context of a command: its root command} */
    static Context of(CommandSpec spec) {
        return (Context) spec.root().userObject();
    }

    /** {@return what loads models} */
    Models models();

    /** {@return where summaries, errors and progress go} */
    Terminal terminal();
}
