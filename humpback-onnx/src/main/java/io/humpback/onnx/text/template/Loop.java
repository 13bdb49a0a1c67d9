package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Access;
import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Comparing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A loop under way, as the template sees it; items are asked for no sooner than it has to. */
final class Loop implements Access.Owner, Values.Callable {

    private final Rendering rendering;
    private final int depth;
    private final Stmt.@Nullable For recursive;
    private final Scope scope;
    private Iterator<Object> rest;

    /** Number of items, -1 while it is not known. */
    private int length;

    private int index = -1;
    private @Nullable Object before;
    private @Nullable Object current;
    private @Nullable Object after;
    private @Nullable Object changed;

    /**
     * Begins a loop.
     *
     * @param length number of items, -1 if it is not known
     * @param depth loops of a recursive one around this one
     * @param recursive the statement, if it may be run again from within
     * @param scope what is around the statement
     */
    Loop(
            Rendering rendering,
            Iterator<Object> items,
            int length,
            int depth,
            Stmt.@Nullable For recursive,
            Scope scope) {
        this.rendering = rendering;
        this.rest = items;
        this.length = length;
        this.depth = depth;
        this.recursive = recursive;
        this.scope = scope;
    }

    /** {@return whether there is another item, which is then the current one} */
    boolean next() {
        Object item = peek();
        if (item == null) {
            return false;
        }
        index++;
        before = current;
        current = item;
        after = null;
        return true;
    }

    private @Nullable Object peek() {
        if (after == null && rest.hasNext()) {
            after = rest.next();
        }
        return after;
    }

    Object current() {
        return Objects.requireNonNull(current);
    }

    private long length() {
        if (length < 0) {
            List<Object> items = Values.list(rendering, new Values.Lazy(rest));
            rest = items.iterator();
            length = items.size() + index + 1 + (after == null ? 0 : 1);
        }
        return length;
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> length() - index;
            case "revindex0" -> length() - index - 1;
            case "first" -> index == 0;
            case "last" -> peek() == null;
            case "length" -> length();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> index == 0 ? new Undefined("there is no previous item") : before;
            case "nextitem" -> peek() == null ? new Undefined("there is no next item") : after;
            case "cycle" ->
                new Values.Function(name, (r, args) -> {
                    if (args.positional().isEmpty()) {
                        throw new TemplateError("no items for cycling given");
                    }
                    return args.positional().get(index % args.positional().size());
                });
            case "changed" -> new Values.Function(name, (r, args) -> changed(args));
            default -> null;
        };
    }

    private boolean changed(Args args) {
        Values.Tuple values = new Values.Tuple(args.positional());
        if (changed != null && Comparing.equal(rendering, changed, values)) {
            return false;
        }
        changed = values;
        return true;
    }

    @Override
    public String toString() {
        return "<LoopContext " + (index + 1) + "/" + length() + ">";
    }

    /** Runs the statement again, over other items. */
    @Override
    public Object call(Rendering ignored, Args args) {
        if (recursive == null) {
            throw new TemplateError("the loop must have the 'recursive' marker to be called recursively");
        }
        Object items = args.bind("loop", 1, "iterable")[0];
        StringBuilder out = new StringBuilder();
        rendering.enter();
        recursive.run(scope, items, depth + 1, out);
        rendering.leave();
        return out.toString();
    }
}
