package io.humpback.onnx.llama;

import io.humpback.onnx.graph.Value;

/** How tokens attend to others: the one thing that differs between the uses of the architecture. */
public interface Attention {

    /**
     * {@return for each of N tokens the weighted sum of the values it attends to, [N, heads·d]}
     *
     * @param layer number of the block, from 0
     * @param q queries [N, heads·d], before rotary embedding
     * @param k keys [N, kvHeads·d], before rotary embedding
     * @param v values [N, kvHeads·d]
     */
    Value of(int layer, Value q, Value k, Value v);
}
