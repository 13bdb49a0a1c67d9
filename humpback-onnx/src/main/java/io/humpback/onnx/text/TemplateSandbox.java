package io.humpback.onnx.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.el.TypeConvertingMapELResolver;
import com.hubspot.jinjava.el.ext.JinjavaBeanELResolver;
import com.hubspot.jinjava.el.ext.JinjavaListELResolver;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.Context.Library;
import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.Importable;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.lib.fn.Functions;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.objects.date.StrftimeFormatter;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.util.ForLoop;
import io.humpback.model.ModelException;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import org.jspecify.annotations.Nullable;

/**
 * Jinjava, set up to render Hugging Face's chat templates as transformers does and to do nothing else. A template comes
 * with a stranger's checkpoint: it sees texts, lists and maps, a few filters, tags and functions by name, no Java
 * method, no other file, and has bounds on its output, its values and its time.
 */
final class TemplateSandbox {

    /** Characters that a template may write, beyond any context. */
    static final int MAX_OUTPUT = 4 << 20;

    /** Nodes of the template that a rendering may visit. */
    private static final int MAX_NODES = 200_000;

    private static final long MAX_NANOS = 5_000_000_000L;

    /** Items that a value may hold, counted through nested lists and maps; 64 characters of a text count as one. */
    private static final int MAX_ITEMS = 200_000;

    private static final int MAX_LIST = 2_000;

    /** Parentheses within parentheses; Jinjava's time to parse them grows with the cube of their depth. */
    private static final int MAX_PARENTHESES = 100;

    private static final Set<String> TAGS = Set.of(
            "for",
            "endfor",
            "if",
            "elif",
            "else",
            "endif",
            "set",
            "endset",
            "macro",
            "endmacro",
            "call",
            "endcall",
            "raw",
            "endraw",
            "break",
            "continue",
            "generation",
            "endgeneration");

    private static final Set<String> FILTERS = Set.of(
            "abs",
            "capitalize",
            "count",
            "d",
            "default",
            "dictsort",
            "first",
            "int",
            "join",
            "last",
            "length",
            "list",
            "lower",
            "map",
            "reject",
            "rejectattr",
            "replace",
            "reverse",
            "safe",
            "select",
            "selectattr",
            "sort",
            "string",
            "title",
            "tojson",
            "trim",
            "unique",
            "upper");

    private static final Set<String> FUNCTIONS = Set.of("namespace", "range", "raise_exception", "strftime_now");

    private static final Jinjava JINJAVA = jinjava();

    private static final JinjavaConfig CONFIG = config();

    private TemplateSandbox() {}

    /** {@return the parsed template} */
    static Node parse(String template) {
        int depth = 0;
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            depth = c == '(' ? depth + 1 : c == ')' ? Math.max(0, depth - 1) : depth;
            if (depth > MAX_PARENTHESES) {
                throw new ModelException("chat template: more than " + MAX_PARENTHESES + " nested parentheses");
            }
        }
        return guarded(new Interpreter(Map.of(), Clock.systemUTC()), interpreter -> interpreter.parse(template));
    }

    /**
     * {@return what a parsed template writes}
     *
     * @param variables texts, truth values, lists and maps
     * @param clock what {@code strftime_now} reads
     */
    static String render(Node template, Map<String, ?> variables, Clock clock) {
        return guarded(new Interpreter(variables, clock), interpreter -> interpreter.render(template));
    }

    private interface Work<T> {
        T on(Interpreter interpreter);
    }

    private static <T> T guarded(Interpreter interpreter, Work<T> work) {
        T result;
        try {
            result = work.on(interpreter);
        } catch (StackOverflowError e) {
            throw new ModelException("chat template: nested too deeply", e);
        } catch (OutOfMemoryError e) {
            throw new ModelException("chat template: needs too much memory", e);
        } catch (RuntimeException e) {
            throw interpreter.failure(e);
        }
        if (interpreter.refusal != null || !interpreter.getErrors().isEmpty()) {
            throw interpreter.failure(null);
        }
        return result;
    }

    private static Jinjava jinjava() {
        Jinjava jinjava = new PythonJinjava();
        jinjava.registerTag(new GenerationTag());
        jinjava.registerFilter(new TextFilter("trim") {
            @Override
            Object apply(Object value, String... arguments) {
                return PythonStrings.strip(text(value));
            }
        });
        jinjava.registerFilter(new TextFilter("replace") {
            @Override
            Object apply(Object value, String... arguments) {
                if (arguments.length != 2) {
                    throw new ModelException("chat template: replace: expected two arguments");
                }
                return PythonStrings.replace(text(value), arguments[0], arguments[1], MAX_OUTPUT);
            }
        });
        jinjava.registerFilter(new TextFilter("tojson") {
            @Override
            Object apply(Object value, String... arguments) {
                if (arguments.length != 0) {
                    throw new ModelException("chat template: tojson: arguments are not supported");
                }
                return PythonJson.write(value, MAX_OUTPUT);
            }
        });
        jinjava.getGlobalContext()
                .registerFunction(new ELFunctionDefinition(
                        "", "raise_exception", TemplateSandbox.class, "raiseException", Object.class));
        jinjava.getGlobalContext()
                .registerFunction(new ELFunctionDefinition(
                        "", "strftime_now", TemplateSandbox.class, "strftimeNow", String.class));
        jinjava.getGlobalContext()
                .registerFunction(new ELFunctionDefinition(
                        "", "range", TemplateSandbox.class, "range", Object.class, Object[].class));
        return jinjava;
    }

    private static JinjavaConfig config() {
        Context all = JINJAVA.getGlobalContext();
        return JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                .withKeepTrailingNewline(true)
                .withNestedInterpretationEnabled(false)
                .withLegacyOverrides(LegacyOverrides.newBuilder()
                        .withParseWhitespaceControlStrictly(true)
                        .withEvaluateMapKeys(true)
                        .withUsePyishObjectMapper(true)
                        .withUseTrimmingForNotesAndExpressions(true)
                        .withKeepNullableLoopValues(true)
                        .build())
                .withElResolver(new CompositeELResolver() {
                    {
                        add(new JinjavaListELResolver(true));
                        add(new TypeConvertingMapELResolver(true));
                        add(new Methods());
                    }
                })
                .withDisabled(Map.of(
                        Library.TAG, others(all.getAllTags(), TAGS),
                        Library.FILTER, others(all.getAllFilters(), FILTERS),
                        Library.FUNCTION,
                                others(
                                        all.getAllFunctions(),
                                        FUNCTIONS.stream()
                                                .map(name -> ":" + name)
                                                .collect(Collectors.toSet()))))
                .withProcessors(JinjavaProcessors.newBuilder()
                        .withNodePreProcessor((node, interpreter) -> ((Interpreter) interpreter).visit())
                        .build())
                .withMaxOutputSize(MAX_OUTPUT)
                .withMaxStringLength(MAX_OUTPUT)
                .withMaxListSize(MAX_LIST)
                .withMaxMapSize(MAX_LIST)
                .withRangeLimit(MAX_LIST)
                .withMaxRenderDepth(20)
                .withEnableRecursiveMacroCalls(false)
                .build();
    }

    private static Set<String> others(Collection<? extends Importable> all, Set<String> allowed) {
        Set<String> others = new TreeSet<>();
        for (Importable one : all) {
            if (!allowed.contains(one.getName())) {
                others.add(one.getName());
            }
        }
        return others;
    }

    /** One rendering: it stops at the first error and where a bound is passed. */
    private static final class Interpreter extends JinjavaInterpreter {

        private final Clock clock;
        private final long deadline = System.nanoTime() + MAX_NANOS;
        private int visited;
        private @Nullable String refusal;

        Interpreter(Map<String, ?> variables, Clock clock) {
            super(JINJAVA, new Scope(variables), CONFIG);
            this.clock = clock;
        }

        void visit() {
            if (refusal == null && (++visited > MAX_NODES || System.nanoTime() > deadline)) {
                refusal = "takes too long";
            }
            if (refusal != null || !getErrors().isEmpty()) {
                throw new InterpretException("stopped");
            }
        }

        @Override
        public Object retraceVariable(String variable, int lineNumber, int startPosition) {
            Object value = super.retraceVariable(variable, lineNumber, startPosition);
            if (items(value, 0) > MAX_ITEMS) {
                refusal = "holds a value of more than " + MAX_ITEMS + " items";
                throw new InterpretException(refusal);
            }
            return value;
        }

        /** {@return what an expression writes: a text as it is, the rest as Python writes it} */
        @Override
        public String getAsString(@Nullable Object value) {
            if (value instanceof String text) {
                return text;
            }
            return value instanceof Boolean truth ? truth ? "True" : "False" : super.getAsString(value);
        }

        private static int items(@Nullable Object value, int before) {
            int items = before + 1;
            if (value instanceof String text) {
                return items + text.length() / 64;
            }
            Collection<?> nested = value instanceof Map<?, ?> map
                    ? map.values()
                    : value instanceof Collection<?> all ? all : List.of();
            for (Object one : nested) {
                if (items > MAX_ITEMS) {
                    break;
                }
                items = items(one, items);
            }
            return items;
        }

        /** {@return why the rendering failed, in one line} */
        ModelException failure(@Nullable RuntimeException e) {
            TemplateError error = getErrors().isEmpty() ? null : getErrors().get(0);
            for (Throwable cause = error == null ? e : error.getException(); cause != null; cause = cause.getCause()) {
                if (cause instanceof ModelException known) {
                    return known;
                }
            }
            String reason = refusal;
            if (reason == null && error != null) {
                reason = (error.getLineno() < 1 ? "" : "line " + error.getLineno() + ": ") + error.getMessage();
            }
            if (reason == null) {
                reason = String.valueOf(e == null ? null : e.getMessage());
            }
            return new ModelException(
                    "chat template: " + reason.lines().findFirst().orElse(""), e);
        }
    }

    /** The variables, and a complaint about names that nothing has; Jinjava would pass over those. */
    private static final class Scope extends Context {

        Scope(Map<String, ?> variables) {
            super(JINJAVA.getGlobalContext(), variables, CONFIG.getDisabled());
        }

        // Jinjava's accounts of a rendering end here: the context above is the same for all, and is only read.

        @Override
        public void addResolvedExpression(String expression) {}

        @Override
        public void addResolvedValue(String value) {}

        @Override
        public void addResolvedFunction(String function) {}

        @Override
        public void addDependency(String type, String identification) {}

        @Override
        public Filter getFilter(String name) {
            return known("filter", name, super.getFilter(name));
        }

        @Override
        public ExpTest getExpTest(String name) {
            return known("test", name, super.getExpTest(name));
        }

        private static <T> T known(String kind, String name, @Nullable T found) {
            if (found == null) {
                throw new ModelException("chat template: the " + kind + " " + name + " is not known");
            }
            return found;
        }
    }

    /** The methods that templates call on texts and maps, and the properties of a loop. */
    private static final class Methods extends JinjavaBeanELResolver {

        Methods() {
            super(true);
        }

        @Override
        public @Nullable Object getValue(ELContext context, Object base, Object property) {
            return base instanceof ForLoop ? super.getValue(context, base, property) : null;
        }

        @Override
        public Object invoke(ELContext context, Object base, Object method, Class<?>[] types, Object[] arguments) {
            if (base instanceof Filter || base instanceof ExpTest) {
                return super.invoke(context, base, method, types, arguments);
            }
            context.setPropertyResolved(true);
            if (base instanceof String text) {
                List<String> texts = new ArrayList<>();
                for (Object argument : arguments) {
                    texts.add(text(argument));
                }
                return PythonStrings.call(text, method.toString(), texts, MAX_OUTPUT);
            }
            if (base instanceof Map<?, ?> map) {
                switch (method + "/" + arguments.length) {
                    case "items/0":
                        return new ArrayList<>(map.entrySet());
                    case "keys/0":
                        return new ArrayList<>(map.keySet());
                    case "values/0":
                        return new ArrayList<>(map.values());
                    case "get/1":
                        return map.get(arguments[0]);
                    case "get/2":
                        return map.containsKey(arguments[0]) ? map.get(arguments[0]) : arguments[1];
                    default:
                        break;
                }
            }
            throw new ModelException("chat template: the method " + method + " is not supported");
        }
    }

    /** Marks what the model wrote, for training; it writes what it holds. */
    private static final class GenerationTag implements Tag {

        private static final long serialVersionUID = 1;

        @Override
        public String getName() {
            return "generation";
        }

        @Override
        public String interpret(TagNode node, JinjavaInterpreter interpreter) {
            StringBuilder out = new StringBuilder();
            for (Node child : node.getChildren()) {
                out.append(child.render(interpreter));
            }
            return out.toString();
        }
    }

    private abstract static class TextFilter implements Filter {

        private final String name;

        TextFilter(String name) {
            this.name = name;
        }

        abstract Object apply(Object value, String... arguments);

        @Override
        public String getName() {
            return name;
        }

        @Override
        public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
            return apply(value, arguments);
        }
    }

    private static String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new ModelException("chat template: expected a text, found "
                + (value == null ? "nothing" : value.getClass().getSimpleName()));
    }

    // called by name from templates
    @SuppressWarnings("unused")
    private static Object raiseException(Object message) {
        ((Interpreter) JinjavaInterpreter.getCurrent()).refusal = "refuses the conversation: " + message;
        throw new InterpretException("stopped");
    }

    // called by name from templates; Jinjava's own cuts off what is too long
    @SuppressWarnings("unused")
    private static List<Integer> range(Object first, Object... rest) {
        List<Integer> range = Functions.range(first, rest);
        if (range.size() >= MAX_LIST) {
            throw new ModelException("chat template: a range of " + MAX_LIST + " numbers or more");
        }
        return range;
    }

    // called by name from templates
    @SuppressWarnings("unused")
    private static String strftimeNow(String format) {
        ZonedDateTime now = ZonedDateTime.now(((Interpreter) JinjavaInterpreter.getCurrent()).clock);
        return StrftimeFormatter.format(now, format, Locale.US);
    }
}
