package io.humpback.examples.cli.option;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reports a setting that the library refuses as wrong use of the command. */
public final class Usage {

    private Usage() {}

    /**
     * {@return the setting}
     *
     * @param setting made from options; throws an {@link IllegalArgumentException} where one is wrong
     */
    public static <T> T check(CommandSpec spec, Supplier<T> setting) {
        try {
            return setting.get();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
