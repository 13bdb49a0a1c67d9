package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Arithmetic;
import io.humpback.onnx.text.python.Comparing;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Printing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.Strings;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The tests of Jinja2, which stand behind {@code is}. */
final class Checks {

    /** A test. */
    interface Check {
        boolean holds(Rendering rendering, Object value, Args args);
    }

    static final Map<String, Check> ALL = all();

    private Checks() {}

    private static Map<String, Check> all() {
        Map<String, Check> all = new HashMap<>();
        Map<String, Predicate<Object>> plain = Map.ofEntries(
                Map.entry("defined", value -> !(value instanceof Undefined)),
                Map.entry("undefined", value -> value instanceof Undefined),
                Map.entry("none", value -> value == Values.NONE),
                Map.entry("boolean", value -> value instanceof Boolean),
                Map.entry("true", value -> value.equals(true)),
                Map.entry("false", value -> value.equals(false)),
                Map.entry("integer", value -> Values.isInteger(value) && !(value instanceof Boolean)),
                Map.entry("float", value -> value instanceof Double),
                Map.entry("number", value -> value instanceof Number || value instanceof Boolean),
                Map.entry("string", value -> value instanceof String || value instanceof Values.Markup),
                Map.entry("mapping", value -> value instanceof Dict),
                Map.entry("sequence", Checks::isSequence),
                Map.entry("callable", value -> value instanceof Values.Callable || value instanceof Undefined),
                Map.entry("escaped", value -> value instanceof Values.Markup));
        plain.forEach((name, test) -> all.put(name, (rendering, value, args) -> {
            args.plain(name, 0, 0);
            return test.test(value);
        }));
        Map<String, List<String>> comparisons = Map.of(
                "==", List.of("==", "eq", "equalto"),
                "!=", List.of("!=", "ne"),
                "<", List.of("<", "lt", "lessthan"),
                "<=", List.of("<=", "le"),
                ">", List.of(">", "gt", "greaterthan"),
                ">=", List.of(">=", "ge"),
                "in", List.of("in"));
        comparisons.forEach((operator, names) -> names.forEach(name -> all.put(
                name,
                (rendering, value, args) ->
                        Comparing.holds(rendering, operator, value, args.bind(name, 1, "other")[0]))));
        all.put("iterable", (rendering, value, args) -> Values.iterator(rendering, value) != null);
        all.put("odd", (rendering, value, args) -> remainder(rendering, value, 2L)
                .equals(1L));
        all.put("even", (rendering, value, args) -> remainder(rendering, value, 2L)
                .equals(0L));
        all.put(
                "divisibleby",
                (rendering, value, args) -> Comparing.equal(
                        rendering, remainder(rendering, value, args.bind("divisibleby", 1, "num")[0]), 0L));
        all.put("lower", (rendering, value, args) -> Strings.isCase(Printing.text(rendering, value), false));
        all.put("upper", (rendering, value, args) -> Strings.isCase(Printing.text(rendering, value), true));
        all.put("sameas", (rendering, value, args) -> same(value, args.bind("sameas", 1, "other")[0]));
        all.put("filter", (rendering, value, args) -> value instanceof String name && Filters.ALL.containsKey(name));
        all.put("test", (rendering, value, args) -> value instanceof String name && Checks.ALL.containsKey(name));
        return Map.copyOf(all);
    }

    private static boolean isSequence(Object value) {
        return Values.sequence(value) != null
                || value instanceof String
                || value instanceof Values.Markup
                || value instanceof Dict
                || value instanceof Undefined;
    }

    private static Object remainder(Rendering rendering, Object value, Object divisor) {
        Object remainder = Arithmetic.apply(rendering, "%", value, divisor);
        return remainder instanceof Double real && real == Math.rint(real) ? (Object) real.longValue() : remainder;
    }

    /** {@return whether both are one object; equal texts and ints are, since Python keeps one of each} */
    private static boolean same(Object one, Object other) {
        boolean kept = one instanceof String || one instanceof Long || one instanceof Boolean;
        return one == other || kept && one.equals(other);
    }
}
