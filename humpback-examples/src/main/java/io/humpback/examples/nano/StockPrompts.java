package io.humpback.examples.nano;

import io.humpback.BackwardPrompt;
import io.humpback.Rubric;
import io.humpback.SystemTags;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The fixed texts of the library's own prompts, each of which is one token to nano: it is asked as any model is, and does
 * not have to read English.
 */
final class StockPrompts {

    /** What the paper's system turns say. */
    static final List<String> TAGS =
            List.of(SystemTags.paper().seed(), SystemTags.paper().augmented());

    private static final String ONE = "\uE010";
    private static final String TWO = "\uE011";

    private StockPrompts() {}

    /** {@return the texts} */
    static Set<String> pieces() {
        Set<String> pieces = new LinkedHashSet<>(TAGS);
        for (Rubric rubric : Rubric.paraphrases()) {
            pieces.addAll(around(content(rubric.prompt(ONE, TWO))));
        }
        List<String> asking = around(content(new BackwardPrompt(List.of()).of(ONE)));
        pieces.addAll(asking);
        for (Message message : BackwardPrompt.standard().of(ONE).messages()) { // the examples, within the same words
            String content = message.content();
            if (content.startsWith(asking.get(0))) {
                content = content.substring(
                        asking.get(0).length(), content.length() - asking.get(1).length());
            }
            pieces.add(content);
        }
        pieces.remove(ONE);
        return pieces;
    }

    private static String content(Prompt.Chat prompt) {
        return prompt.messages().get(0).content();
    }

    private static List<String> around(String prompt) {
        return List.of(prompt.split("[" + ONE + TWO + "]"));
    }
}
