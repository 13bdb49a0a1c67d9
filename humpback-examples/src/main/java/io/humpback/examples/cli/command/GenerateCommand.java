package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.SamplingOptions;
import io.humpback.model.Completion;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prompts in, completions out. */
@Command(
        name = "generate",
        sortOptions = false,
        description =
                "Continues prompts: rows with messages (laid out by the chat template), prompt (raw text, in which the"
                        + " text of special tokens becomes those tokens) or prompt_ids gain completion, completion_ids and"
                        + " finish. Without options the draw is from the nucleus of 0.9 at temperature 0.7.")
public final class GenerateCommand extends RowCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final SamplingOptions options = new SamplingOptions();

    private @Nullable Sampling sampling;

    @Override
    protected void check() {
        models.require();
        sampling = options.over(command(), SamplingOptions.NUCLEUS);
    }

    @Override
    protected void require(InputRows rows) {
        rows.require("messages", "prompt", "prompt_ids");
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        try (LanguageModel model = same(models.load())) {
            long[] tokens = {0};
            LanguageModel heard = model.listening(output.listener());
            Sampling drawn = Objects.requireNonNull(sampling);
            output.inPortions(
                    rows,
                    models.portion(true),
                    (portion, first) -> output.answered(
                            portion,
                            fields -> prompt(heard, fields),
                            prompts -> heard.complete(prompts, drawn.firstItem(first)),
                            GenerateCommand::put),
                    row -> tokens[0] += row.get("completion_ids").size());
            output.notes().put("completion_tokens", tokens[0]);
        }
    }

    private static Prompt prompt(LanguageModel model, ObjectNode row) throws BadRow {
        Prompt prompt = Fields.prompt(row);
        Fields.requireRoom(model, prompt, 1);
        return prompt;
    }

    private static ObjectNode put(ObjectNode row, Completion completion) {
        row.put("completion", completion.text());
        ArrayNode ids = row.putArray("completion_ids");
        completion.ids().forEach(ids::add);
        return row.put("finish", completion.finish().name().toLowerCase(Locale.ROOT));
    }
}
