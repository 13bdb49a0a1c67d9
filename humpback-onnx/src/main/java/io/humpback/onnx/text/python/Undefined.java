package io.humpback.onnx.text.python;

/**
 * What a name or attribute gives that nothing has: it writes nothing, is false and empty, and fails when it is used.
 *
 * @param message what is told then
 */
public record Undefined(String message) {

    public static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    /** An attribute or item that a value lacks. */
    public static Undefined of(Object owner, Object key) {
        String type = owner == Values.NONE ? "None" : Values.type(owner) + " object";
        return new Undefined("'" + type + "' has no " + (key instanceof String ? "attribute" : "element") + " "
                + (key instanceof String || key instanceof Number ? Values.shown(key) : "of that kind"));
    }

    /** An attribute that the sandbox keeps back. */
    public static Undefined unsafe(Object owner, String name) {
        return new Undefined("access to attribute '" + name + "' of '" + Values.type(owner) + "' object is unsafe");
    }

    public TemplateError failure() {
        return new TemplateError(message);
    }
}
