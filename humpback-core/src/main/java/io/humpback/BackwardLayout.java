package io.humpback;

import io.humpback.model.Prompt;
import java.util.List;

/** How a model is asked for the instruction that a text answers. */
interface BackwardLayout {

    /** {@return the prompt} @param text the text in question */
    Prompt.Chat of(String text);

    /** {@return what is the same for all segments, and must not come back as an instruction} */
    List<String> fixedTexts();

    /** {@return what identifies the prompt without the text} */
    String fingerprint();
}
