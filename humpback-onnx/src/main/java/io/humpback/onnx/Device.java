package io.humpback.onnx;

/**
 * Where a model runs.
 *
 * @param cuda number of the CUDA device, or -1 for the CPU
 * @param threads threads that share an operator on the CPU, or 0 for one a core
 */
public record Device(int cuda, int threads) {

    /** Checks the ranges. */
    public Device {
        if (cuda < -1) {
            throw new IllegalArgumentException("CUDA device " + cuda + ": expected at least 0");
        }
        if (threads < 0) {
            throw new IllegalArgumentException("threads = " + threads + ": expected at least 0");
        }
    }

    /** {@return the CPU, with a thread a core} */
    public static Device cpu() {
        return new Device(-1, 0);
    }

    /**
     * {@return the CPU}
     *
     * @param threads that share an operator; 0 for one a core
     */
    public static Device cpu(int threads) {
        return new Device(-1, threads);
    }

    /**
     * {@return a GPU}
     *
     * @param id number of the CUDA device, from 0
     */
    public static Device cuda(int id) {
        if (id < 0) {
            throw new IllegalArgumentException("CUDA device " + id + ": expected at least 0");
        }
        return new Device(id, 0);
    }

    /** {@return whether this is a GPU} */
    public boolean isCuda() {
        return cuda >= 0;
    }

    @Override
    public String toString() {
        return isCuda() ? "cuda:" + cuda : threads == 0 ? "cpu" : "cpu (" + threads + " threads)";
    }
}
