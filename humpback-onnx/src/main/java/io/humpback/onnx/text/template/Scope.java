package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.Undefined;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables that a part of a template sets, within those around it. */
final class Scope {

    private final Rendering rendering;
    private final @Nullable Scope parent;
    private final Map<String, Object> variables = new HashMap<>();

    Scope(Rendering rendering) {
        this.rendering = rendering;
        this.parent = null;
    }

    Scope(Scope parent) {
        this.rendering = parent.rendering;
        this.parent = parent;
    }

    Rendering rendering() {
        return rendering;
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    /** {@return a variable, else a function of all templates, else an undefined value} */
    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        Object global = Globals.ALL.get(name);
        return global != null ? global : Undefined.name(name);
    }

    /** {@return the scope of the whole template} */
    Scope root() {
        Scope scope = this;
        while (scope.parent != null) {
            scope = scope.parent;
        }
        return scope;
    }
}
