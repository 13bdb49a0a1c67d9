package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Access;
import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Arithmetic;
import io.humpback.onnx.text.python.Comparing;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Printing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An expression: what it is made of, and what it is worth where certain variables hold. */
sealed interface Expr {

    Object eval(Scope scope);

    /** A value that stands in the template. */
    record Literal(Object value) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return value;
        }
    }

    /** A variable. */
    record Name(String name) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return scope.get(name);
        }
    }

    /** (a, b). */
    record TupleOf(List<Expr> items) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return new Values.Tuple(evalAll(items, scope));
        }
    }

    /** [a, b]. */
    record ListOf(List<Expr> items) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return evalAll(items, scope);
        }
    }

    private static List<Object> evalAll(List<Expr> items, Scope scope) {
        scope.rendering().spend(1 + items.size());
        List<Object> values = new ArrayList<>(items.size());
        for (Expr item : items) {
            values.add(item.eval(scope));
        }
        return values;
    }

    /** {a: b}. */
    record DictOf(List<Expr> keys, List<Expr> values) implements Expr {
        @Override
        public Object eval(Scope scope) {
            Dict dict = new Dict();
            for (int i = 0; i < keys.size(); i++) {
                Object key = keys.get(i).eval(scope);
                dict.put(scope.rendering(), key, values.get(i).eval(scope));
            }
            return dict;
        }
    }

    /** a.b: an attribute, else an item. */
    record Attribute(Expr owner, String name) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            return Access.attribute(scope.rendering(), owner.eval(scope), name);
        }
    }

    /** a[b]: an item, else an attribute. */
    record Item(Expr owner, Expr key) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            return Access.item(scope.rendering(), owner.eval(scope), key.eval(scope));
        }
    }

    /** The subscript a:b:c. */
    record SliceOf(
            @Nullable Expr start,
            @Nullable Expr stop,
            @Nullable Expr step) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return new Values.Slice(bound(start, scope), bound(stop, scope), bound(step, scope));
        }

        private static Object bound(@Nullable Expr bound, Scope scope) {
            return bound == null ? Values.NONE : bound.eval(scope);
        }
    }

    /**
     * What stands between the parentheses of a call.
     *
     * @param keywords names, for which there are as many values
     * @param list what *x spreads
     * @param dict what **x spreads
     */
    record Arguments(
            List<Expr> positional,
            List<String> keywords,
            List<Expr> values,
            @Nullable Expr list,
            @Nullable Expr dict) {

        static final Arguments NONE = new Arguments(List.of(), List.of(), List.of(), null, null);

        Args eval(Scope scope) {
            if (positional.isEmpty() && keywords.isEmpty() && list == null && dict == null) {
                return Args.NONE;
            }
            List<Object> all = evalAll(positional, scope);
            if (list != null) {
                all.addAll(Values.list(scope.rendering(), list.eval(scope)));
            }
            if (keywords.isEmpty() && dict == null) {
                return new Args(all, Map.of());
            }
            Map<String, Object> named = new LinkedHashMap<>();
            for (int i = 0; i < keywords.size(); i++) {
                named.put(keywords.get(i), values.get(i).eval(scope));
            }
            if (dict != null) {
                spread(dict.eval(scope), named);
            }
            return new Args(all, named);
        }

        private static void spread(Object value, Map<String, Object> named) {
            if (!(value instanceof Dict)) {
                throw new TemplateError("expected a dict after **, found " + Values.type(value));
            }
            for (Map.Entry<Object, Object> entry : ((Dict) value).entries()) {
                if (!(entry.getKey() instanceof String name) || named.put(name, entry.getValue()) != null) {
                    throw new TemplateError("a name after ** is no text or is given twice");
                }
            }
        }
    }

    /** a(b). */
    record Call(Expr function, Arguments arguments) implements Expr {
        @Override
        public Object eval(Scope scope) {
            return eval(scope, null);
        }

        /** Calls with what a call block gives the macro. */
        Object eval(Scope scope, @Nullable Macro caller) {
            scope.rendering().spend(1);
            Object called = function.eval(scope);
            Args args = arguments.eval(scope);
            if (caller != null) {
                Map<String, Object> named = new LinkedHashMap<>(args.named());
                named.put("caller", caller);
                args = new Args(args.positional(), named);
            }
            return Access.call(scope.rendering(), called, args);
        }
    }

    /** a | b(c). */
    record Filtered(Expr value, String name, Filters.@Nullable Filter filter, Arguments arguments) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            if (filter == null) {
                throw new TemplateError("no filter named '" + name + "'");
            }
            return filter.apply(scope.rendering(), value.eval(scope), arguments.eval(scope));
        }
    }

    /** a is b(c). */
    record Test(Expr value, String name, Checks.@Nullable Check check, Arguments arguments) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            if (check == null) {
                throw new TemplateError("no test named '" + name + "'");
            }
            return check.holds(scope.rendering(), value.eval(scope), arguments.eval(scope));
        }
    }

    /** not a. */
    record Not(Expr value) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            return !Values.truth(value.eval(scope));
        }
    }

    /** a and b, which is one of the two. */
    record And(Expr left, Expr right) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            Object value = left.eval(scope);
            return Values.truth(value) ? right.eval(scope) : value;
        }
    }

    /** a or b, which is one of the two. */
    record Or(Expr left, Expr right) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            Object value = left.eval(scope);
            return Values.truth(value) ? value : right.eval(scope);
        }
    }

    /** b if a else c; without c undefined. */
    record Conditional(Expr test, Expr then, @Nullable Expr otherwise) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            if (Values.truth(test.eval(scope))) {
                return then.eval(scope);
            }
            return otherwise != null
                    ? otherwise.eval(scope)
                    : new Undefined("the inline if-expression evaluated to false and no else section was defined");
        }
    }

    /** One link of a chain of comparisons. */
    record Comparison(String operator, Expr right) {}

    /** a &lt; b &lt;= c: each with the next, as long as they hold. */
    record Compare(Expr first, List<Comparison> comparisons) implements Expr {
        @Override
        public Object eval(Scope scope) {
            Rendering rendering = scope.rendering();
            Object left = first.eval(scope);
            for (Comparison comparison : comparisons) {
                rendering.spend(1);
                Object right = comparison.right().eval(scope);
                if (!Comparing.holds(rendering, comparison.operator(), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }
    }

    /** a + b and the other operators of arithmetic. */
    record Binary(String operator, Expr left, Expr right) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            return Arithmetic.apply(scope.rendering(), operator, left.eval(scope), right.eval(scope));
        }
    }

    /** -a, +a. */
    record Sign(String operator, Expr value) implements Expr {
        @Override
        public Object eval(Scope scope) {
            scope.rendering().spend(1);
            return Arithmetic.signed(operator, value.eval(scope));
        }
    }

    /** a ~ b: texts of the values, one behind the other. */
    record Concat(List<Expr> parts) implements Expr {
        @Override
        public Object eval(Scope scope) {
            Rendering rendering = scope.rendering();
            rendering.spend(parts.size());
            StringBuilder out = new StringBuilder();
            for (Expr part : parts) {
                rendering.write(out, Printing.text(rendering, part.eval(scope)));
            }
            return out.toString();
        }
    }
}
