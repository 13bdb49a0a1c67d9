package io.humpback.onnx.train;

import java.util.List;

/**
 * What training minimizes: the negative log-likelihood of labels as a function of parameters in host memory. Whoever
 * changes {@link Parameter#values} between calls changes the function. Not thread-safe.
 */
public interface Objective extends AutoCloseable {

    /** {@return what is trained, always the same buffers in the same order} */
    List<Parameter> parameters();

    /**
     * Adds the gradients of a micro-batch's summed loss to {@link Parameter#gradient}.
     *
     * @return the sum, in nats, of the negative log-likelihoods of the batch's labels
     */
    double add(MicroBatch batch);

    /** {@return the same sum, without gradients and without dropout} */
    double loss(MicroBatch batch);

    /** Frees native memory; the parameters' buffers are not to be used afterwards. Idempotent. */
    @Override
    void close();
}
