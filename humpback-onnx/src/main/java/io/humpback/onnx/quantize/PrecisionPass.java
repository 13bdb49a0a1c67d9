package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.List;

/** A rewrite of a finished graph that replaces its linear products. */
public interface PrecisionPass {

    /** Of the arithmetic: raised whenever the same weights give other bytes, which are then not looked for in what was kept. */
    int VERSION = 3;

    /** {@return x Wᵀ in this precision, [n, out], for x [n, in] and the weight W [out, in]} */
    Value product(Graph to, Value x, WeightName weight);

    /** {@return a finished graph with every linear product replaced} */
    default Graph rewrite(Graph graph) {
        return graph.rewritten((node, inputs, to) -> {
            if (node.op() != Op.LINEAR) {
                return null;
            }
            Weight weight = to.weightOf(inputs.get(1)); // none for an adapter's products, which stay
            return weight == null ? null : List.of(product(to, inputs.get(0), WeightName.of(weight.name())));
        });
    }

    /** {@return the pass that stores every matrix in bfloat16; products are those of its values in 32 bits} */
    static Graph bfloat16(Graph graph, Weights weights) {
        return graph.rewritten((node, inputs, to) -> {
            if (node.op() == Op.LINEAR) {
                Weight weight = to.weightOf(inputs.get(1));
                return weight == null
                        ? null
                        : List.of(inputs.get(0)
                                .linear(to.weight(weights.bfloat16(WeightName.of(weight.name())))
                                        .cast(ElementType.FLOAT)));
            }
            Weight table = node.op() == Op.GATHER ? to.weightOf(inputs.get(0)) : null;
            return table == null
                    ? null
                    : List.of(to.weight(weights.bfloat16(WeightName.of(table.name())))
                            .gather(inputs.get(1))
                            .cast(ElementType.FLOAT));
        });
    }
}
