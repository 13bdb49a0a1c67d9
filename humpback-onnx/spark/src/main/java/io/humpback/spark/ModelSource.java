package io.humpback.spark;

import io.humpback.hub.Hub;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;

/**
 * Which model a task uses, as it travels to the executors, where it is looked up.
 *
 * @param model a path, the name of a file that Spark has brought, a name on the hub, or {@code sha256:} and a hash
 * @param adapter likewise; empty for none
 * @param precision a {@link Precision#key()}; empty for the device's
 * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads of the CPU that share an operator; 0 for all that the executor has
 * @param contextLength tokens, at most
 * @param cluster what the session says of its executors
 */
record ModelSource(
        String model, String adapter, String precision, String device, int threads, int contextLength, Cluster cluster)
        implements Serializable {

    private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

    /** Checks what can be checked before a task runs. */
    ModelSource {
        if (model.isBlank()) {
            throw new IllegalArgumentException(
                    "model: found no name, expected a path, a name on the hub or sha256: and a hash");
        }
        if (!precision.isEmpty()) {
            Precision.of(precision);
        }
        Matcher cuda = CUDA.matcher(device);
        if (!device.equals("cpu") && !cuda.matches()) {
            throw new IllegalArgumentException("device = " + device + ": expected cpu, cuda or cuda:N");
        }
        if (cuda.matches() && cuda.group(1) != null && !cluster.isLocal()) {
            throw new IllegalArgumentException(
                    "device = " + device + ": executors of one machine would share it; expected"
                            + " cuda, with spark.task.resource.gpu.amount, so that Spark gives each task its own");
        }
    }

    /** {@return the model to open, found from where this is called: in a task, or on the driver where there is no task} */
    SharedModels.Key locate() throws IOException {
        LoadOptions options =
                LoadOptions.defaults().device(device(TaskContext.get())).contextLength(contextLength);
        if (!precision.isEmpty()) {
            options = options.precision(Precision.of(precision));
        }
        if (!adapter.isEmpty()) {
            options = options.adapter(Optional.of(find(adapter)));
        }
        return new SharedModels.Key(find(model), options, cluster);
    }

    private Device device(@Nullable TaskContext task) {
        if (device.equals("cpu")) {
            int cores = Math.max(task == null ? 1 : task.cpus(), cluster.cores());
            return Device.cpu(threads > 0 ? threads : cores);
        }
        Matcher cuda = CUDA.matcher(device);
        if (cuda.matches() && cuda.group(1) != null) {
            return Device.cuda(Integer.parseInt(cuda.group(1)));
        }
        Map<String, ResourceInformation> resources = task == null ? Map.of() : task.resourcesJMap();
        ResourceInformation gpu = resources.get("gpu");
        if (gpu == null || gpu.addresses().length != 1) {
            throw new IllegalStateException("device = cuda: found " + (gpu == null ? 0 : gpu.addresses().length)
                    + " GPUs among the task's resources, expected one: spark.task.resource.gpu.amount");
        }
        return Device.cuda(Integer.parseInt(gpu.addresses()[0]));
    }

    private static Path find(String name) throws IOException {
        if (name.startsWith(ContentHash.PREFIX)) {
            return ContentHash.parse(name).find();
        }
        if (Hub.isName(name) || !name.contains("/")) {
            Path brought = Path.of(SparkFiles.get(name));
            if (Files.exists(brought)) {
                return brought;
            }
        }
        return Hub.ofEnvironment().listening(Hub.Listener.LOG).model(name);
    }
}
