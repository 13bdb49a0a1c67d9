package io.humpback.examples.cli.option;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Takes a number after {@code --precision}, which else names the numbers that a model computes in, for the share of good rows
 * among the kept: the word means both, and none of the former is a number.
 */
final class PrecisionAsShare implements IParameterPreprocessor {

    static final String SHARE = "--promise";

    @Override
    public boolean preprocess(Stack<String> args, CommandSpec command, ArgSpec option, Map<String, Object> info) {
        OptionSpec share = command.findOption(SHARE);
        if (share == null || args.isEmpty() || !args.peek().matches("\\d*\\.?\\d+")) {
            return false;
        }
        share.setValue(Double.valueOf(args.pop()));
        return true;
    }
}
