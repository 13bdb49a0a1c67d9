package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Access;
import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A macro: statements that are called by name, and see what stood around them. */
record Macro(Definition definition, Scope scope) implements Access.Owner, Values.Callable {

    /**
     * What a macro is in the template.
     *
     * @param defaults what parameters are that are not given, null for those without such a value
     * @param used names that the statements read
     */
    record Definition(
            String name, List<String> parameters, List<@Nullable Expr> defaults, Stmt body, Set<String> used) {}

    @Override
    public Object call(Rendering rendering, Args args) {
        List<String> parameters = definition.parameters;
        List<Object> given = args.positional();
        Map<String, Object> named = new LinkedHashMap<>(args.named());
        Scope inner = new Scope(scope);
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Object value = i < given.size() ? given.get(i) : named.remove(parameter);
            Expr otherwise = definition.defaults.get(i);
            if (value == null) {
                value = otherwise != null
                        ? otherwise.eval(inner)
                        : new Undefined("parameter '" + parameter + "' was not provided");
            }
            inner.set(parameter, value);
        }
        if (definition.used.contains("caller") && !parameters.contains("caller")) {
            Object caller = named.remove("caller");
            inner.set("caller", caller != null ? caller : new Undefined("no caller defined"));
        }
        if (definition.used.contains("kwargs")) {
            Dict kwargs = new Dict();
            named.forEach(kwargs::put);
            inner.set("kwargs", kwargs);
        } else if (!named.isEmpty()) {
            throw new TemplateError("macro '" + definition.name + "' takes no keyword argument '"
                    + named.keySet().iterator().next() + "'");
        }
        if (definition.used.contains("varargs")) {
            inner.set("varargs", new Values.Tuple(args.from(parameters.size()).positional()));
        } else if (given.size() > parameters.size()) {
            throw new TemplateError(
                    "macro '" + definition.name + "' takes not more than " + parameters.size() + " argument(s)");
        }
        StringBuilder out = new StringBuilder();
        rendering.enter();
        definition.body.run(inner, out);
        rendering.leave();
        return out.toString();
    }

    @Override
    public String toString() {
        return "<Macro '" + definition.name + "'>";
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "name" -> definition.name;
            case "arguments" -> new Values.Tuple(List.copyOf(definition.parameters));
            case "caller" -> definition.used.contains("caller");
            case "catch_kwargs" -> definition.used.contains("kwargs");
            case "catch_varargs" -> definition.used.contains("varargs");
            default -> null;
        };
    }
}
