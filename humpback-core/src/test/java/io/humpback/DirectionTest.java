package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import org.junit.jupiter.api.Test;

class DirectionTest {

    private static final Example PAIR = new Example("Why is the sky blue?", "Air scatters short waves.");

    @Test
    void forwardTheResponseIsWrittenBackwardTheInstruction() {
        assertEquals(
                Continuation.of(Prompt.chat(Message.user(PAIR.instruction())), PAIR.response()),
                Direction.FORWARD.of(PAIR));
        assertEquals(
                Continuation.of(Prompt.chat(Message.user(PAIR.response())), PAIR.instruction()),
                Direction.BACKWARD.of(PAIR));
    }

    @Test
    void theSystemSpeaksFirstIfAtAll() {
        assertEquals(
                Prompt.chat(Message.system("Be brief."), Message.user("Why?")),
                Direction.FORWARD.of(new Example("Why?", "So."), "Be brief.").prompt());
        assertEquals(Prompt.chat(Message.user("So.")), Direction.BACKWARD.prompt("So."));
    }

    @Test
    void whatIsAskedInTrainingIsWhatIsAskedAfterwards() {
        assertEquals(Direction.BACKWARD.of(PAIR, "S").prompt(), Direction.BACKWARD.prompt(PAIR.response(), "S"));
    }

    @Test
    void nothingToWriteIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Direction.FORWARD.of(new Example("Why?", "")));
    }
}
