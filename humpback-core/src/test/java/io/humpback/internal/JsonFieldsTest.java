package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class JsonFieldsTest {

    private static final ObjectNode ROW = JsonNodeFactory.instance
            .objectNode()
            .put("a", "text")
            .put("blank", " ")
            .put("n", 1)
            .putNull("none");

    private static String fault(String field) {
        return assertThrows(IllegalArgumentException.class, () -> JsonFields.text(ROW, field))
                .getMessage();
    }

    @Test
    void textsAreTakenOrTheFieldIsNamed() {
        assertEquals("text", JsonFields.text(ROW, "a"));
        assertEquals("", JsonFields.textOrEmpty(ROW, "none"));
        assertEquals("blank: empty, expected a text", fault("blank"));
        assertEquals("n: found 1, expected a text", fault("n"));
        assertEquals("absent: missing, expected a text", fault("absent"));
    }
}
