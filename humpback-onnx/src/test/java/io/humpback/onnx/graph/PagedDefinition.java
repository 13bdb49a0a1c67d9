package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A graph whose attentions over blocks are replaced by what they are defined to compute, in ordinary operators, so that a CPU
 * runs it. What they write in place becomes a value: each attention gives the caches after it, and a loop hands them from one
 * iteration to the next.
 */
public final class PagedDefinition {

    private final Map<Value, Value> copies = new HashMap<>();
    /** The present state of each cache, by the cache in the original graph. */
    private final Map<Value, Value> caches = new HashMap<>();

    private PagedDefinition() {}

    /** {@return the same computation, in floats} */
    public static Graph of(Graph graph) {
        Graph to = new Graph();
        PagedDefinition definition = new PagedDefinition();
        graph.inputs()
                .forEach((name, value) -> definition.copies.put(value, to.input(name, value.type(), value.shape())));
        definition.copyNodes(graph, to);
        graph.outputs().forEach((name, value) -> to.output(name, definition.copyOf(value, to)));
        return to;
    }

    private Value copyOf(Value value, Graph to) {
        return copies.computeIfAbsent(
                value,
                leaf -> leaf.weight != null ? to.weight(leaf.weight) : to.constant(requireNonNull(leaf.constant)));
    }

    private void copyNodes(Graph from, Graph to) {
        for (Node node : Liveness.nodes(from)) {
            List<@Nullable Value> inputs = new ArrayList<>();
            node.inputs().forEach(input -> inputs.add(input == null ? null : copyOf(input, to)));
            to.at(node.scope());
            List<Value> outputs;
            if (node.op() == Op.PAGED_ATTENTION) {
                outputs = List.of(attention(node, inputs, to));
            } else if (!node.attributes().bodies().isEmpty()) {
                outputs = loop(node, inputs, to);
            } else {
                outputs = to.nodes(
                        node.op(),
                        node.attributes(),
                        node.outputs().stream().map(Value::type).toList(),
                        node.outputs().stream().map(Value::shape).toList(),
                        inputs.toArray(new Value[0]));
            }
            for (int i = 0; i < outputs.size(); i++) {
                copies.put(node.outputs().get(i), outputs.get(i));
            }
        }
    }

    /** A loop that carries, after its own values, the caches that its body writes. */
    private List<Value> loop(Node node, List<@Nullable Value> inputs, Graph to) {
        Graph from = requireNonNull(node.attributes().bodies().get("body"));
        List<Value> written = Liveness.nodes(from).stream()
                .filter(inner -> inner.op() == Op.PAGED_ATTENTION)
                .flatMap(inner -> inner.inputs().subList(3, 5).stream())
                .distinct()
                .toList();
        Graph body = to.body();
        from.inputs().forEach((name, value) -> copies.put(value, body.bodyInput(name, value.type(), value.shape())));
        for (Value cache : written) {
            inputs.add(current(cache, to));
            caches.put(cache, body.bodyInput("cache", cache.type(), cache.shape()));
        }
        copyNodes(from, body);
        List<Value> results = new ArrayList<>();
        from.outputs().values().forEach(value -> results.add(copyOf(value, to)));
        int own = node.inputs().size() - 2; // carried
        results.addAll(1 + own, written.stream().map(caches::get).toList());
        results.forEach(body::bodyOutput);
        List<ElementType> types =
                new ArrayList<>(node.outputs().stream().map(Value::type).toList());
        List<Shape> shapes =
                new ArrayList<>(node.outputs().stream().map(Value::shape).toList());
        types.addAll(own, written.stream().map(Value::type).toList());
        shapes.addAll(own, written.stream().map(Value::shape).toList());
        List<Value> made = new ArrayList<>(to.nodes(
                Op.LOOP, Attributes.NONE.with("body", body.completed()), types, shapes, inputs.toArray(new Value[0])));
        for (Value cache : written) {
            caches.put(cache, made.remove(own));
        }
        return made;
    }

    private Value current(Value cache, Graph to) {
        return caches.computeIfAbsent(cache, key -> copyOf(key, to));
    }

    private Value attention(Node node, List<@Nullable Value> in, Graph to) {
        int heads = (int) node.attributes().integer("num_heads");
        int cacheHeads = (int) node.attributes().integer("kv_num_heads");
        int group = heads / cacheHeads;
        Value keyCache = node.inputs().get(3);
        Value valueCache = node.inputs().get(4);
        int d = (int) requireNonNull(keyCache).shape().get(3).size();
        Value q = requireNonNull(in.get(0));
        Value k;
        Value v;
        if (in.get(1) == null) {
            Value qkv = q;
            q = qkv.slice(1, 0, (long) heads * d);
            k = qkv.slice(1, (long) heads * d, (long) (heads + cacheHeads) * d);
            v = qkv.slice(1, (long) (heads + cacheHeads) * d, (long) (heads + 2 * cacheHeads) * d);
        } else {
            k = in.get(1);
            v = requireNonNull(in.get(2));
        }
        Dim tokens = q.shape().get(0);
        Value one = to.integers(1);
        Value starts = requireNonNull(in.get(5)).cast(ElementType.INT64);
        Value past = requireNonNull(in.get(6)).cast(ElementType.INT64);
        Value table = requireNonNull(in.get(7)).cast(ElementType.INT64); // [S, M]
        Value number = to.range(q.size(0), tokens); // [T]
        Value begun = starts.reshape(1, starts.shape().get(0))
                .lessOrEqual(number.reshape(tokens, 1))
                .where(to.constant(1), to.constant(0))
                .sum(-1)
                .cast(ElementType.INT64); // [T], how many sequences have begun at a token
        Value sequence = begun.minus(one);
        Value position = past.gather(sequence).plus(number).minus(starts.gather(sequence)); // [T]
        if (in.get(8) != null) {
            q = rotated(q, position, requireNonNull(in.get(8)), requireNonNull(in.get(9)), d);
            k = rotated(k, position, requireNonNull(in.get(8)), requireNonNull(in.get(9)), d);
        }
        Value keys = current(keyCache, to);
        Value values = current(requireNonNull(valueCache), to);
        Value size = keys.size(1);
        Value blocks = table.gather(sequence); // [T, M]
        Value mine = position.dividedBy(size);
        Value block = blocks.gatherElements(mine.reshape(tokens, 1)).reshape(tokens);
        Value slot = block.times(size).plus(position.minus(mine.times(size))); // [T]
        keys = written(keys, slot, k, cacheHeads, d, to);
        values = written(values, slot, v, cacheHeads, d, to);
        caches.put(keyCache, keys);
        caches.put(valueCache, values);

        Value offsets = to.range(size, Dim.named("block")).reshape(1, 1, "block");
        Value seen = blocks.reshape(tokens, "M", 1).times(size).plus(offsets); // [T, M, block]
        Value places = seen.reshape(number.size(0).concat(to.integers(-1), 0), Shape.of(tokens, "C")); // [T, C]
        Value allKeys = flat(keys, cacheHeads, d, to).gather(places).transpose(0, 2, 3, 1); // [T, K, d, C]
        Value allValues = flat(values, cacheHeads, d, to).gather(places).transpose(0, 2, 1, 3); // [T, K, C, d]
        Value scores = q.reshape(tokens, cacheHeads, group, d)
                .matmul(allKeys)
                .times(node.attributes().real("scale")); // [T, K, G, C]
        Value column = to.range(places.size(1), Dim.named("C"));
        Value row = position.reshape(tokens, 1);
        Value hidden = column.lessOrEqual(row).where(to.constant(0), to.constant(-1e30f));
        if (node.attributes().settings().containsKey("local_window_size")) {
            Value bound = row.minus(to.integers(node.attributes().integer("local_window_size")));
            hidden = hidden.plus(bound.less(column).where(to.constant(0), to.constant(-1e30f)));
        }
        Value shares = scores.plus(hidden.reshape(tokens, 1, 1, "C")).softmax();
        return shares.matmul(allValues).reshape(tokens, (long) heads * d);
    }

    private static Value rotated(Value x, Value position, Value cosine, Value sine, int d) {
        Dim tokens = x.shape().get(0);
        Value heads = x.reshape(tokens, 1, x.shape().get(1));
        return RuntimeOperators.rotaryEmbedding(heads, position.reshape(tokens, 1), cosine, sine, d)
                .reshape(tokens, x.shape().get(1));
    }

    /** A cache as one row a token. */
    private static Value flat(Value cache, int heads, int d, Graph to) {
        return cache.reshape(to.integers(-1, heads, d), Shape.of("rows", heads, d));
    }

    private static Value written(Value cache, Value slots, Value rows, int heads, int d, Graph to) {
        Value table = flat(cache, heads, d, to);
        Value changed = to.node(
                Op.SCATTER_ND,
                Attributes.NONE,
                table.type(),
                table.shape(),
                table,
                slots.reshape(slots.shape().get(0), 1),
                rows.reshape(rows.shape().get(0), heads, d));
        return changed.reshape(cache.dims(), cache.shape());
    }
}
