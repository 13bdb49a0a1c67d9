package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Access;
import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Printing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.Strftime;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Values;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template has. */
final class Globals {

    /** What the message of a template's own exception begins with. */
    static final String REFUSES = "refuses the conversation: ";

    /** Numbers of a range, as in Jinja2's sandbox. */
    private static final int MAX_RANGE = 100_000;

    static final Map<String, Object> ALL = Map.of(
            "range", new Values.Function("range", Globals::range),
            "dict", new Dicts(),
            // the blocks of the template, of which none is called by chat templates
            "self", (Access.Owner) name -> null,
            "namespace", new Values.Function("namespace", Globals::namespace),
            "cycler", new Values.Function("cycler", (rendering, args) -> new Cycler(args)),
            "joiner", new Values.Function("joiner", Globals::joiner),
            "raise_exception",
                    new Values.Function("raise_exception", (rendering, args) -> {
                        Object message = args.bind("raise_exception", 1, "message")[0];
                        throw new TemplateError(REFUSES + Printing.text(rendering, message));
                    }),
            "strftime_now",
                    new Values.Function("strftime_now", (rendering, args) -> {
                        Object format = args.bind("strftime_now", 1, "format")[0];
                        return Strftime.format(rendering, LocalDateTime.now(rendering.clock()), Filters.string(format));
                    }));

    private Globals() {}

    private static Object range(Rendering rendering, Args args) {
        List<Object> given = args.plain("range", 1, 3);
        long start = given.size() > 1 ? Values.small(given.get(0)) : 0;
        long stop = Values.small(given.get(given.size() > 1 ? 1 : 0));
        long step = given.size() > 2 ? Values.small(given.get(2)) : 1;
        if (step == 0) {
            throw new TemplateError("range() arg 3 must not be zero");
        }
        long size = Math.max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
        if (size > MAX_RANGE) {
            throw new TemplateError("a range of more than " + MAX_RANGE + " numbers");
        }
        return new Values.Range(start, stop, step, (int) size);
    }

    /** dict(), and dict.fromkeys(). */
    private record Dicts() implements Values.Callable, Access.Owner {

        @Override
        public Object call(Rendering rendering, Args args) {
            return dict(rendering, args);
        }

        @Override
        public @Nullable Object attribute(String name) {
            return name.equals("fromkeys") ? Access.own(new Dict(), name) : null;
        }
    }

    private static Dict dict(Rendering rendering, Args args) {
        if (args.positional().size() > 1) {
            throw new TemplateError("dict expected at most 1 argument");
        }
        Dict dict = new Dict();
        for (Object from : args.positional()) {
            if (from instanceof Dict other) {
                rendering.spend(other.size());
                dict.putAll(other);
                continue;
            }
            for (Object pair : Values.list(rendering, from)) {
                List<Object> entry = Values.list(rendering, pair);
                if (entry.size() != 2) {
                    throw new TemplateError("dict: expected pairs of key and value");
                }
                dict.put(rendering, entry.get(0), entry.get(1));
            }
        }
        args.named().forEach(dict::put);
        return dict;
    }

    private static Object namespace(Rendering rendering, Args args) {
        Values.Namespace namespace = new Values.Namespace(new Dict());
        for (Map.Entry<Object, Object> entry : dict(rendering, args).entries()) {
            setAttribute(namespace, Filters.string(entry.getKey()), entry.getValue());
        }
        return namespace;
    }

    /** Changes an attribute of a namespace. */
    static void setAttribute(Values.Namespace namespace, String name, Object value) {
        if (name.startsWith("_")) {
            throw new TemplateError("a namespace holds no attributes that begin with an underscore, such as " + name);
        }
        namespace.attributes().put(name, value);
    }

    private static Object joiner(Rendering rendering, Args args) {
        Object[] given = args.bind("joiner", 0, "sep");
        Object separator = given[0] == null ? ", " : given[0];
        boolean[] used = new boolean[1];
        return new Values.Function("joiner", (r, none) -> {
            boolean first = !used[0];
            used[0] = true;
            return first ? "" : separator;
        });
    }

    /** What cycler() gives: its items in turn. */
    private static final class Cycler implements Access.Owner {

        private final List<Object> items;
        private int at;

        Cycler(Args args) {
            items = args.plain("cycler", 1, Integer.MAX_VALUE);
        }

        @Override
        public @Nullable Object attribute(String name) {
            return switch (name) {
                case "current" -> items.get(at);
                case "next" ->
                    new Values.Function(name, (rendering, args) -> {
                        Object item = items.get(at);
                        at = (at + 1) % items.size();
                        return item;
                    });
                case "reset" ->
                    new Values.Function(name, (rendering, args) -> {
                        at = 0;
                        return Values.NONE;
                    });
                default -> null;
            };
        }
    }
}
