package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Access;
import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Arithmetic;
import io.humpback.onnx.text.python.Comparing;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Json;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.Strings;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The filters of Jinja2 that take lists, dicts or anything; {@link TextFilters} has those for texts and numbers. */
final class Filters {

    /** A filter. */
    interface Filter {
        Object apply(Rendering rendering, Object value, Args args);
    }

    static final Map<String, Filter> ALL = all();

    private Filters() {}

    private static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>(TextFilters.all());
        all.put("attr", (rendering, value, args) -> {
            String name = string(args.bind("attr", 1, "name")[0]);
            Object attribute = Access.own(value, name);
            return attribute != null ? attribute : Undefined.of(value, name);
        });
        all.put("batch", Filters::batch);
        all.put("default", Filters::otherwise);
        all.put("d", Filters::otherwise);
        all.put("dictsort", Filters::dictSort);
        all.put("first", (rendering, value, args) -> {
            Iterator<Object> items = Values.iterate(rendering, value);
            return items.hasNext() ? items.next() : new Undefined("no first item, sequence was empty");
        });
        all.put("groupby", Filters::groupBy);
        all.put("items", (rendering, value, args) -> {
            if (!(value instanceof Dict) && !(value instanceof Undefined)) {
                throw new TemplateError("items: expected a dict, found " + Values.type(value));
            }
            rendering.spend(Math.max(0, Values.length(value)));
            return new Values.Lazy(
                    value instanceof Dict dict
                            ? dict.items().iterator()
                            : List.of().iterator());
        });
        all.put("last", (rendering, value, args) -> {
            List<Object> items = reversible(rendering, value);
            return items.isEmpty() ? new Undefined("no last item, sequence was empty") : items.get(items.size() - 1);
        });
        all.put("length", Filters::length);
        all.put("count", Filters::length);
        all.put("list", (rendering, value, args) -> Values.list(rendering, value));
        all.put("map", Filters::map);
        all.put("max", (rendering, value, args) -> extreme(rendering, value, args, "max"));
        all.put("min", (rendering, value, args) -> extreme(rendering, value, args, "min"));
        all.put("reject", (rendering, value, args) -> select(rendering, value, args, false, false));
        all.put("rejectattr", (rendering, value, args) -> select(rendering, value, args, true, false));
        all.put("reverse", Filters::reverse);
        all.put("select", (rendering, value, args) -> select(rendering, value, args, false, true));
        all.put("selectattr", (rendering, value, args) -> select(rendering, value, args, true, true));
        all.put("slice", Filters::slice);
        all.put("sort", Filters::sort);
        all.put("sum", Filters::sum);
        all.put("tojson", Json::write);
        all.put("unique", Filters::unique);
        return Map.copyOf(all);
    }

    /** {@return an argument that has to be a text} */
    static String string(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new TemplateError("expected a str, found " + Values.type(value));
    }

    static boolean truth(@Nullable Object value) {
        return value != null && Values.truth(value);
    }

    private static boolean isNone(@Nullable Object value) {
        return value == null || value == Values.NONE;
    }

    /** {@return items of which each is made when it is asked for, and counted} */
    static Iterator<Object> lazily(Rendering rendering, Iterator<Object> items, UnaryOperator<@Nullable Object> made) {
        return new Iterator<>() {
            private @Nullable Object next;

            @Override
            public boolean hasNext() {
                rendering.enter();
                while (next == null && items.hasNext()) {
                    rendering.spend(1);
                    next = made.apply(items.next());
                }
                rendering.leave();
                return next != null;
            }

            @Override
            public Object next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Object item = Objects.requireNonNull(next);
                next = null;
                return item;
            }
        };
    }

    /** {@return what finds an attribute such as a.b.0 of an item} */
    static UnaryOperator<Object> getter(Rendering rendering, @Nullable Object attribute, @Nullable Object otherwise) {
        if (isNone(attribute)) {
            return item -> item;
        }
        List<Object> path = new ArrayList<>();
        if (attribute instanceof String names) {
            for (String part : names.split("\\.", -1)) {
                boolean number =
                        !part.isEmpty() && part.length() < 10 && part.chars().allMatch(Character::isDigit);
                path.add(number ? (Object) Long.valueOf(part) : part);
            }
        } else {
            path.add(attribute);
        }
        return item -> {
            Object value = item;
            for (Object step : path) {
                value = Access.item(rendering, value, step);
                value = value instanceof Undefined && otherwise != null && !isNone(otherwise) ? otherwise : value;
            }
            return value;
        };
    }

    private static Object folded(Rendering rendering, Object value, boolean caseSensitive) {
        if (value instanceof String text && !caseSensitive) {
            rendering.read(text.length());
            return Strings.lower(text);
        }
        return value;
    }

    private static Object otherwise(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("default", 0, "default_value", "boolean");
        boolean missing = value instanceof Undefined || truth(given[1]) && !Values.truth(value);
        return !missing ? value : given[0] == null ? "" : given[0];
    }

    private static Object length(Rendering rendering, Object value, Args args) {
        args.plain("length", 0, 0);
        rendering.read(value instanceof String text ? text.length() : 0);
        int length = Values.length(value);
        if (length < 0) {
            throw new TemplateError("object of type '" + Values.type(value) + "' has no len()");
        }
        return (long) length;
    }

    private static List<Object> reversible(Rendering rendering, Object value) {
        if (value instanceof Values.Lazy) {
            throw new TemplateError("'" + Values.type(value) + "' object is not reversible");
        }
        List<Object> items = Values.items(value);
        return items != null ? items : Values.list(rendering, value);
    }

    private static Object reverse(Rendering rendering, Object value, Args args) {
        List<Object> items = Values.list(rendering, value);
        java.util.Collections.reverse(items);
        if (!(value instanceof String)) {
            return value instanceof Values.Lazy ? items : new Values.Lazy(items.iterator());
        }
        StringBuilder text = new StringBuilder();
        items.forEach(text::append);
        return text.toString();
    }

    private static Object batch(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("batch", 1, "linecount", "fill_with");
        int size = Values.small(given[0]);
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : Values.list(rendering, value)) {
            if (batch.size() == size) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            fill(rendering, batch, given[1], size - batch.size());
            batches.add(batch);
        }
        return new Values.Lazy(batches.iterator());
    }

    private static void fill(Rendering rendering, List<Object> items, @Nullable Object by, int count) {
        if (!isNone(by) && count > 0) {
            rendering.list(count);
            items.addAll(java.util.Collections.nCopies(count, by));
        }
    }

    private static Object slice(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("slice", 1, "slices", "fill_with");
        int slices = Values.small(given[0]);
        List<Object> items = Values.list(rendering, value);
        if (slices == 0) {
            throw new TemplateError("division by zero");
        }
        rendering.list(Math.max(0, slices));
        List<Object> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < slices; i++) {
            int end = start + items.size() / slices + (i < items.size() % slices ? 1 : 0);
            List<Object> slice = new ArrayList<>(items.subList(start, end));
            if (i >= items.size() % slices) {
                fill(rendering, slice, given[1], 1);
            }
            all.add(slice);
            start = end;
        }
        return new Values.Lazy(all.iterator());
    }

    private static Object map(Rendering rendering, Object value, Args args) {
        Iterator<Object> items = Values.truth(value)
                ? Values.iterate(rendering, value)
                : List.of().iterator();
        if (args.positional().isEmpty()) {
            Object[] given = args.bind("map", 0, "attribute", "default");
            if (given[0] == null && items.hasNext()) {
                throw new TemplateError("map requires a filter argument");
            }
            return new Values.Lazy(lazily(rendering, items, getter(rendering, given[0], given[1])::apply));
        }
        String name = string(args.positional().get(0));
        return new Values.Lazy(lazily(rendering, items, item -> named(name).apply(rendering, item, args.from(1))));
    }

    private static Filter named(String name) {
        Filter filter = ALL.get(name);
        if (filter == null) {
            throw new TemplateError("no filter named '" + name + "'");
        }
        return filter;
    }

    private static Object select(Rendering rendering, Object value, Args args, boolean attribute, boolean wanted) {
        Iterator<Object> items = Values.truth(value)
                ? Values.iterate(rendering, value)
                : List.of().iterator();
        int off = attribute ? 1 : 0;
        if (args.positional().size() < off && items.hasNext()) {
            throw new TemplateError("missing parameter for attribute name");
        }
        UnaryOperator<Object> getter = getter(
                rendering,
                attribute && off <= args.positional().size() ? args.positional().get(0) : null,
                null);
        return new Values.Lazy(lazily(rendering, items, item -> {
            Object tested = getter.apply(item);
            boolean holds = args.positional().size() > off
                    ? check(string(args.positional().get(off))).holds(rendering, tested, args.from(1 + off))
                    : Values.truth(tested);
            return holds == wanted ? item : null;
        }));
    }

    private static Checks.Check check(String name) {
        Checks.Check check = Checks.ALL.get(name);
        if (check == null) {
            throw new TemplateError("no test named '" + name + "'");
        }
        return check;
    }

    private static Object extreme(Rendering rendering, Object value, Args args, String name) {
        Object[] given = args.bind(name, 0, "case_sensitive", "attribute");
        UnaryOperator<Object> getter = getter(rendering, given[1], null);
        Object best = null;
        Object bestKey = null;
        for (Object item : Values.list(rendering, value)) {
            Object key = folded(rendering, getter.apply(item), truth(given[0]));
            if (bestKey == null || Comparing.holds(rendering, name.equals("max") ? ">" : "<", key, bestKey)) {
                best = item;
                bestKey = key;
            }
        }
        return best != null ? best : new Undefined("no aggregated item, sequence was empty");
    }

    private static Object sum(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("sum", 0, "attribute", "start");
        UnaryOperator<Object> getter = getter(rendering, given[0], null);
        Object sum = given[1] == null ? 0L : given[1];
        if (sum instanceof String) {
            throw new TemplateError("sum() can't sum strings");
        }
        for (Object item : Values.list(rendering, value)) {
            sum = Arithmetic.apply(rendering, "+", sum, getter.apply(item));
        }
        return sum;
    }

    private static Object unique(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("unique", 0, "case_sensitive", "attribute");
        UnaryOperator<Object> getter = getter(rendering, given[1], null);
        Set<Object> seen = new HashSet<>();
        return new Values.Lazy(lazily(
                rendering,
                Values.iterate(rendering, value),
                item -> seen.add(Dict.hashed(rendering, folded(rendering, getter.apply(item), truth(given[0]))))
                        ? item
                        : null));
    }

    /** An item, and what it is put in order by. */
    private record Keyed(Object key, Object item) {}

    private static List<Keyed> sorted(Rendering rendering, List<Keyed> keyed, boolean reverse) {
        Comparator<Keyed> order = (one, other) -> Comparing.compare(rendering, one.key, other.key);
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) {
            throw new TemplateError("values that have no order");
        }
        return keyed;
    }

    private static Object sort(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("sort", 0, "reverse", "case_sensitive", "attribute");
        List<UnaryOperator<Object>> getters = new ArrayList<>();
        if (given[2] instanceof String names) {
            for (String name : names.split(",", -1)) {
                getters.add(getter(rendering, name, null));
            }
        } else {
            getters.add(getter(rendering, given[2], null));
        }
        List<Keyed> keyed = new ArrayList<>();
        for (Object item : Values.list(rendering, value)) {
            List<Object> key = new ArrayList<>(getters.size());
            getters.forEach(getter -> key.add(folded(rendering, getter.apply(item), truth(given[1]))));
            keyed.add(new Keyed(key, item));
        }
        List<Object> items = new ArrayList<>(keyed.size());
        sorted(rendering, keyed, truth(given[0])).forEach(one -> items.add(one.item));
        return items;
    }

    private static Object dictSort(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("dictsort", 0, "case_sensitive", "by", "reverse");
        if (!(value instanceof Dict dict)) {
            throw new TemplateError("dictsort: expected a dict, found " + Values.type(value));
        }
        String by = given[1] == null ? "key" : string(given[1]);
        if (!by.equals("key") && !by.equals("value")) {
            throw new TemplateError("dictsort: expected by \"key\" or \"value\", found \"" + by + "\"");
        }
        rendering.spend(dict.size());
        List<Keyed> keyed = new ArrayList<>();
        for (Map.Entry<Object, Object> entry : dict.entries()) {
            Object key = by.equals("key") ? entry.getKey() : entry.getValue();
            Object item = Values.Tuple.of(entry.getKey(), entry.getValue());
            keyed.add(new Keyed(folded(rendering, key, truth(given[0])), item));
        }
        List<Object> items = new ArrayList<>(keyed.size());
        sorted(rendering, keyed, truth(given[2])).forEach(one -> items.add(one.item));
        return items;
    }

    private static Object groupBy(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("groupby", 1, "attribute", "default", "case_sensitive");
        UnaryOperator<Object> getter = getter(rendering, given[0], given[1]);
        List<Keyed> keyed = new ArrayList<>();
        for (Object item : Values.list(rendering, value)) {
            keyed.add(new Keyed(folded(rendering, getter.apply(item), truth(given[2])), item));
        }
        List<Object> groups = new ArrayList<>();
        Object last = null;
        List<Object> items = List.of();
        for (Keyed one : sorted(rendering, keyed, false)) {
            if (last == null || !Comparing.equal(rendering, last, one.key)) {
                items = new ArrayList<>();
                groups.add(new Values.Tuple(List.of(getter.apply(one.item), items), List.of("grouper", "list")));
            }
            last = one.key;
            items.add(one.item);
        }
        return groups;
    }
}
