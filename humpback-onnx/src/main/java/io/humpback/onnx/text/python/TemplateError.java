package io.humpback.onnx.text.python;

/** Why a template is refused or its rendering stopped, in words; {@link Template} adds the line. */
public final class TemplateError extends RuntimeException {

    private static final long serialVersionUID = 1;

    public TemplateError(String message) {
        super(message, null, false, false);
    }
}
