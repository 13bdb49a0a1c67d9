package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Prompt;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Completions in, their likelihoods out. */
@Command(
        name = "likelihood",
        sortOptions = false,
        description = "How probable given completions are: rows with messages, prompt or prompt_ids, and completion or "
                + "completion_ids (which count if there are both) gain log_likelihood, the sum, and token_logprobs.")
public final class LikelihoodCommand extends RowCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Override
    protected void check() {
        models.require();
    }

    @Override
    protected void require(InputRows rows) {
        rows.require("messages", "prompt", "prompt_ids");
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        try (LanguageModel model = same(models.load())) {
            LanguageModel heard = model.listening(output.listener());
            double[] sum = {0};
            long[] tokens = {0};
            output.inPortions(
                    rows,
                    models.portion(false),
                    (portion, first) -> output.answered(
                            portion,
                            fields -> continuation(heard, fields),
                            continuations -> heard.logLikelihood(continuations),
                            LikelihoodCommand::put),
                    row -> {
                        sum[0] += row.get("log_likelihood").doubleValue();
                        tokens[0] += row.get("token_logprobs").size();
                    });
            output.notes().put("completion_tokens", tokens[0]);
            if (tokens[0] > 0) {
                output.notes().put("perplexity", Math.exp(-sum[0] / tokens[0]));
            }
        }
    }

    private static Continuation continuation(LanguageModel model, ObjectNode row) throws BadRow {
        Prompt prompt = Fields.prompt(row);
        if (row.hasNonNull("completion_ids")) {
            List<Integer> ids = Fields.ids(row, "completion_ids");
            Fields.requireRoom(model, Prompt.ids(ids), 0); // and they are the model's
            Fields.requireRoom(model, prompt, ids.size());
            return Continuation.of(prompt, ids);
        }
        String text = Fields.nonEmpty(row, "completion");
        Fields.requireRoom(model, prompt, model.countTokens(Prompt.text(text)));
        return Continuation.of(prompt, text);
    }

    private static ObjectNode put(ObjectNode row, Likelihood likelihood) {
        row.put("log_likelihood", likelihood.sum());
        ArrayNode tokens = row.putArray("token_logprobs");
        for (double token : likelihood.tokens()) {
            tokens.add(token);
        }
        return row;
    }
}
