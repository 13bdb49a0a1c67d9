package io.humpback.examples.cli.command.check;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Direction;
import io.humpback.Rubric;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.Pairs;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.nano.Nano;
import io.humpback.model.Continuation;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Rows in, what a model would see of them out. */
@Command(
        name = "tokenize",
        sortOptions = false,
        description =
                "What the model would see: rows with messages, prompt or prompt_ids, each with or without completion, or "
                        + "with instruction and response, gain seen (the text, control tokens as such), seen_ids and seen_tokens. The "
                        + "weights are not loaded.")
public final class TokenizeCommand extends RowCommand {

    /** What a pair is turned into. */
    enum PairAs {
        /** The question of the judge. */
        RATING,
        /** An example for the model that answers. */
        FORWARD,
        /** An example for the model that writes instructions. */
        BACKWARD
    }

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Option(
            names = "--pair-as",
            paramLabel = "WHAT",
            defaultValue = "rating",
            description =
                    "A pair is laid out for its rating, or as training sees it, forward or backward; ${DEFAULT-VALUE} by "
                            + "default.")
    private PairAs pairAs = PairAs.RATING;

    @Override
    protected void check() {
        models.require();
    }

    @Override
    protected void require(InputRows rows) {
        rows.require("messages", "prompt", "prompt_ids", "instruction", "response", "output");
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        Path model = Nano.resolve(models.path());
        if (!Files.exists(model)) {
            throw new NoSuchFileException(model.toString());
        }
        try (TextSide text = TextSide.open(model)) {
            run(text, rows, output);
        }
    }

    private void run(TextSide text, InputRows in, Output out) throws IOException {
        long tokens = 0;
        int longest = 0;
        PairFormat pairs = in.format() instanceof PairFormat format ? format : Pairs.format();
        try (Stream<Row> rows = in.rows(out)) {
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                Row row = each.next();
                Optional<int[]> ids = out.read(row, fields -> known(text, ids(text, pairs, fields)));
                if (ids.isPresent()) {
                    out.write(put(text, row.fields(), ids.get()));
                    tokens += ids.get().length;
                    longest = Math.max(longest, ids.get().length);
                }
            }
        }
        out.notes().put("tokens", tokens).put("longest", longest);
    }

    private int[] ids(TextSide text, PairFormat pairs, ObjectNode row) throws BadRow {
        try {
            if (Stream.of("messages", "prompt", "prompt_ids").anyMatch(row::hasNonNull)) {
                int[] prompt = text.encoder().encode(Fields.prompt(row));
                if (row.hasNonNull("completion_ids")) {
                    return joined(prompt, array(Fields.ids(row, "completion_ids")));
                }
                return row.path("completion").isTextual()
                        ? joined(prompt, text.encoder().encodePlain(Fields.text(row, "completion")))
                        : prompt;
            }
            ObjectNode fields = Fields.pair(pairs, row);
            Example pair = new Example(Fields.text(fields, "instruction"), Fields.text(fields, "response"));
            return switch (pairAs) {
                case RATING ->
                    text.encoder().encode(Rubric.paraphrases().get(0).prompt(pair.instruction(), pair.response()));
                case FORWARD -> trained(text, Direction.FORWARD.of(pair));
                case BACKWARD -> trained(text, Direction.BACKWARD.of(pair));
            };
        } catch (IllegalArgumentException | ModelException e) {
            throw new BadRow(String.valueOf(e.getMessage()));
        }
    }

    private static int[] known(TextSide text, int[] ids) throws BadRow {
        int known = text.tokenizer().vocabularySize();
        for (int id : ids) {
            if (id >= known) {
                throw new BadRow("token id " + id + ": expected 0 to " + (known - 1));
            }
        }
        return ids;
    }

    private static int[] trained(TextSide text, Continuation continuation) {
        return text.encoder()
                .encode((Prompt.Chat) continuation.prompt(), String.valueOf(continuation.text()), text.end());
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static ObjectNode put(TextSide text, ObjectNode row, int[] ids) {
        row.put("seen", text.tokenizer().decode(ids, false));
        ArrayNode all = row.putArray("seen_ids");
        ArrayNode tokens = row.putArray("seen_tokens");
        for (int id : ids) {
            all.add(id);
            tokens.add(text.tokenizer().decode(new int[] {id}, false));
        }
        return row;
    }
}
