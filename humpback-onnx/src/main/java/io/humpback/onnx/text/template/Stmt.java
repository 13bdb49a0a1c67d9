package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Printing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Values;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A statement: what it is made of, and what it does to variables and output. */
sealed interface Stmt {

    /** How it goes on after a statement. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    /** The text that a block holds, for its filters; no template can write the name. */
    Expr BODY = new Expr.Name("{body}");

    Flow run(Scope scope, StringBuilder out);

    /** Statements one after another. */
    record Sequence(List<Stmt> parts) implements Stmt {

        static Stmt of(List<Stmt> parts) {
            return parts.size() == 1 ? parts.get(0) : new Sequence(List.copyOf(parts));
        }

        @Override
        public Flow run(Scope scope, StringBuilder out) {
            for (Stmt part : parts) {
                Flow flow = part.run(scope, out);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        }
    }

    /** The template's own text. */
    record Text(String text) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().spend(1);
            scope.rendering().write(out, text);
            return Flow.NEXT;
        }
    }

    /** {{ a }}. */
    record Print(int line, Expr value) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            Rendering rendering = scope.rendering();
            rendering.at(line);
            rendering.write(out, Printing.text(rendering, value.eval(scope)));
            return Flow.NEXT;
        }
    }

    /** What a value is given to. */
    sealed interface Target {

        void assign(Scope scope, Object value);

        /** A variable. */
        record Name(String name) implements Target {
            @Override
            public void assign(Scope scope, Object value) {
                scope.set(name, value);
            }
        }

        /** An attribute of a namespace. */
        record Attribute(String owner, String name) implements Target {
            @Override
            public void assign(Scope scope, Object value) {
                if (!(scope.get(owner) instanceof Values.Namespace namespace)) {
                    throw new TemplateError("cannot assign to an attribute of anything but a namespace");
                }
                Globals.setAttribute(namespace, name, value);
            }
        }

        /** Several, which share the items of the value. */
        record Several(List<Target> targets) implements Target {
            @Override
            public void assign(Scope scope, Object value) {
                List<Object> items = Values.list(scope.rendering(), value);
                if (items.size() != targets.size()) {
                    throw new TemplateError("expected " + targets.size() + " values, found " + items.size());
                }
                for (int i = 0; i < items.size(); i++) {
                    targets.get(i).assign(scope, items.get(i));
                }
            }
        }
    }

    /** {% set a = b %}. */
    record Assign(int line, Target target, Expr value) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            target.assign(scope, value.eval(scope));
            return Flow.NEXT;
        }
    }

    /** Runs a block in a scope of its own, and hands over what the filter makes of its text. */
    private static Flow filtered(Scope scope, Stmt body, Expr filter, Consumer<Object> taker) {
        StringBuilder own = new StringBuilder();
        Scope inner = new Scope(scope);
        Flow flow = body.run(inner, own);
        if (flow == Flow.NEXT) {
            inner.set(((Expr.Name) BODY).name(), own.toString());
            taker.accept(filter.eval(inner));
        }
        return flow;
    }

    /** {% set a %}..{% endset %}. */
    record AssignBody(int line, Target target, Stmt body, Expr filter) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            return filtered(scope, body, filter, value -> target.assign(scope, value));
        }
    }

    /** {% filter a %}..{% endfilter %}. */
    record Filtered(int line, Stmt body, Expr filter) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            Rendering rendering = scope.rendering();
            rendering.at(line);
            return filtered(scope, body, filter, value -> rendering.write(out, Printing.text(rendering, value)));
        }
    }

    /** {% if a %}..{% else %}..{% endif %}. */
    record If(int line, Expr test, Stmt then, Stmt otherwise) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            return (Values.truth(test.eval(scope)) ? then : otherwise).run(scope, out);
        }
    }

    /** {% for a in b if c recursive %}..{% else %}..{% endfor %}. */
    record For(
            int line, Target target, Expr items, @Nullable Expr test, boolean recursive, Stmt body, Stmt otherwise)
            implements Stmt {

        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            return run(scope, items.eval(scope), 0, out);
        }

        /** Runs over items, some loops deep in itself. */
        Flow run(Scope scope, Object over, int depth, StringBuilder out) {
            Rendering rendering = scope.rendering();
            Iterator<Object> all = Values.iterate(rendering, over);
            Iterator<Object> chosen = test == null
                    ? all
                    : Filters.lazily(
                            rendering, all, item -> Values.truth(test.eval(scopeOf(scope, item))) ? item : null);
            Loop loop = new Loop(
                    rendering, chosen, test == null ? Values.length(over) : -1, depth, recursive ? this : null, scope);
            Flow flow = Flow.NEXT;
            // in Jinja2 an item that break or continue leaves does not count
            boolean empty = true;
            while (flow != Flow.BREAK && loop.next()) {
                rendering.at(line);
                Scope inner = scopeOf(scope, loop.current());
                inner.set("loop", loop);
                flow = body.run(inner, out);
                empty &= flow != Flow.NEXT;
            }
            return empty ? otherwise.run(new Scope(scope), out) : Flow.NEXT;
        }

        private Scope scopeOf(Scope scope, Object item) {
            Scope inner = new Scope(scope);
            target.assign(inner, item);
            return inner;
        }
    }

    /** {% break %}, {% continue %}. */
    record Jump(Flow flow) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().spend(1);
            return flow;
        }
    }

    /** {% macro a(b) %}..{% endmacro %}. */
    record Define(int line, Macro.Definition macro) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            scope.set(macro.name(), new Macro(macro, scope));
            return Flow.NEXT;
        }
    }

    /** {% call(a) b(c) %}..{% endcall %}. */
    record CallBlock(int line, Expr.Call call, Macro.Definition caller) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            Rendering rendering = scope.rendering();
            rendering.at(line);
            Object written = call.eval(scope, new Macro(caller, scope));
            rendering.write(out, Printing.text(rendering, written));
            return Flow.NEXT;
        }
    }

    /** {% with a = b %}..{% endwith %}. */
    record With(int line, List<Target> targets, List<Expr> values, Stmt body) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            Scope inner = new Scope(scope);
            List<Object> all = new ArrayList<>();
            values.forEach(value -> all.add(value.eval(scope)));
            for (int i = 0; i < all.size(); i++) {
                targets.get(i).assign(inner, all.get(i));
            }
            return body.run(inner, out);
        }
    }

    /** {% block a %}..{% endblock %}, which sees the variables of the whole template alone. */
    record Block(int line, Stmt body) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            return body.run(new Scope(scope.root()), out);
        }
    }

    /** {% generation %}..{% endgeneration %}, which marks for training what the model wrote. */
    record Generation(int line, Stmt body) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            return body.run(new Scope(scope), out);
        }
    }

    /** A tag that asks for another template, of which there is none. */
    record OtherTemplate(int line, String tag) implements Stmt {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.rendering().at(line);
            throw new TemplateError(tag + ": there are no other templates");
        }
    }
}
