package io.humpback.examples.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Turns a setting that the library refuses into wrong use of the command. */
final class Wrong {

    private Wrong() {}

    /**
     * {@return the setting}
     *
     * @param setting made from options; throws an {@link IllegalArgumentException} where one is wrong
     */
    static <T> T unless(CommandSpec spec, Supplier<T> setting) {
        try {
            return setting.get();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
