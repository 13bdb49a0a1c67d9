package io.humpback;

import io.humpback.internal.Sha256;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** How a model is asked for the instruction that a text answers. */
interface AskingPrompt {

    /** {@return the prompt for a text} */
    Prompt.Chat of(String text);

    /** {@return the instruction in what the model wrote} */
    Reply reply(String output);

    /** {@return what is the same for all segments, and must not come back as an instruction} */
    List<String> fixedTexts();

    /** {@return the first 16 hexadecimal digits of the SHA-256 of the prompt for a text that is empty} */
    default String fingerprint() {
        MessageDigest digest = Sha256.digest();
        for (Message message : of("").messages()) {
            byte[] content = message.content().getBytes(StandardCharsets.UTF_8);
            digest.update((message.role().key() + " " + content.length + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(content);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    /**
     * How a model that was trained backward is asked: as in training. All that it writes is the instruction.
     *
     * @param system the system's turn that it was trained with, empty for none
     */
    record Trained(String system) implements AskingPrompt {

        @Override
        public Prompt.Chat of(String text) {
            return Direction.BACKWARD.prompt(text, system);
        }

        @Override
        public Reply reply(String output) {
            return new Reply(output.strip(), true);
        }

        @Override
        public List<String> fixedTexts() {
            return system.isEmpty() ? List.of() : List.of(system);
        }
    }
}
