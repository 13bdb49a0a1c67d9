package io.humpback.examples.cli.command;

import io.humpback.BackwardPrompt;
import io.humpback.Rubric;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.examples.bench.job.AskedPrompt;
import io.humpback.examples.cli.command.check.TextSide;
import io.humpback.model.Prompt;
import java.util.Arrays;

/** What the commands {@code score} and {@code augment} have a model read, as a server is sent it. */
final class JobPrompts {

    private final TextSide text;

    JobPrompts(TextSide text) {
        this.text = text;
    }

    /** {@return the judge's prompt for a pair, up to where the ratings differ: one token more is the rating} */
    AskedPrompt rating(Example pair) {
        Prompt.Chat asked = Rubric.standard().prompt(pair.instruction(), pair.response());
        int[] shared = read(asked, Rubric.RATINGS.get(0));
        for (String rating : Rubric.RATINGS) {
            int differs = Arrays.mismatch(shared, read(asked, rating));
            shared = differs < 0 ? shared : Arrays.copyOf(shared, differs);
        }
        return asked(shared);
    }

    private int[] read(Prompt.Chat asked, String rating) {
        return text.encoder().encode(asked.replyingWith(asked.replyStart() + rating));
    }

    /** {@return the prompt for the instruction of a segment} */
    AskedPrompt instruction(Segment segment) {
        return asked(text.encoder().encode(BackwardPrompt.standard().of(segment.text())));
    }

    /** The token at the beginning is left to the server where the tokenizer says that it is put there. */
    private AskedPrompt asked(int[] ids) {
        boolean given = text.tokenizer().addsBos()
                && text.tokenizer().bosId().isPresent()
                && ids[0] == text.tokenizer().bosId().getAsInt();
        int[] sent = given ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
        return new AskedPrompt(text.tokenizer().decode(sent, false), ids.length);
    }
}
