package io.humpback.onnx.train;

import com.sun.management.OperatingSystemMXBean;
import io.humpback.onnx.run.CudaDevice;
import java.lang.management.ManagementFactory;

/**
 * What the graphs of a training are made for.
 *
 * @param isGpu whether products in bfloat16 are there, and none in 8 bits
 * @param memory bytes that training may take, weights included
 */
public record Hardware(boolean isGpu, long memory) {

    /** {@return this machine's processor, with half of its memory} */
    public static Hardware cpu() {
        return new Hardware(
                false,
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize() / 2);
    }

    /** {@return a GPU, with nearly all of its memory} */
    public static Hardware gpu(CudaDevice device) {
        return new Hardware(true, device.memoryBeside(0));
    }
}
