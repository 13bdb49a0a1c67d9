package io.humpback.examples.cli.option;

import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reports a setting that the library refuses as wrong use of the command, under the name of its option. */
public final class Usage {

    private static final Pattern SETTING = Pattern.compile("^[a-z][A-Za-z]*(?= = )");

    /** Options that are not named as the setting is. */
    private static final Map<String, String> OPTIONS = Map.of(
            "keepAtLeast", "--threshold",
            "keepTopShare", "--top-share",
            "keepBudget", "--budget",
            "stopStrings", "--stop",
            "stopTokens", "--stop-token",
            "resamples", "--bootstrap");

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
            throw wrong(spec, e);
        }
    }

    /** {@return such as {@code --top-p = 2.0: expected in (0, 1]} for {@code topP = 2.0: expected in (0, 1]}} */
    static ParameterException wrong(CommandSpec spec, IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        Matcher setting = SETTING.matcher(message);
        if (setting.find()) {
            String name = setting.group();
            String option = OPTIONS.getOrDefault(
                    name, "--" + name.replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT));
            message = spec.optionsMap().containsKey(option) ? option + message.substring(name.length()) : message;
        }
        return new ParameterException(spec.commandLine(), message, e);
    }
}
