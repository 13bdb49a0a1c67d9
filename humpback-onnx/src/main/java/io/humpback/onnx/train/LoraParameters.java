package io.humpback.onnx.train;

import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** The parameters of a low-rank training as an adapter, and an adapter's values as those of the parameters. */
public final class LoraParameters {

    private LoraParameters() {}

    /**
     * Copies an adapter's values into the parameters.
     *
     * @param source where the adapter was read, for messages
     * @throws ModelException if the adapter is not of the same rank, scale and targets
     */
    public static void load(PeftAdapter adapter, Path source, Lora lora, List<Parameter> parameters) {
        Map<String, FloatBuffer> values = new LinkedHashMap<>();
        for (LowRank module : adapter.modules()) {
            if (module.rank() != lora.rank() || Math.abs(adapter.scale(module) - lora.scale()) > 1e-9) {
                throw new ModelException(source + ": " + module.module() + ": rank " + module.rank() + " and scale "
                        + adapter.scale(module) + ", expected the plan's rank " + lora.rank() + " and scale "
                        + lora.scale());
            }
            values.put(module.module() + PeftAdapter.LORA_A, module.a());
            values.put(module.module() + PeftAdapter.LORA_B, module.b());
        }
        for (Parameter parameter : parameters) {
            FloatBuffer found = values.remove(parameter.name());
            if (found == null) {
                throw new ModelException(source + ": no " + parameter.name() + ", expected the plan's targets");
            }
            parameter.values().duplicate().clear().put(found.duplicate().clear());
        }
        if (!values.isEmpty()) {
            throw new ModelException(
                    source + ": " + new TreeSet<>(values.keySet()).first() + " is none of the plan's targets");
        }
    }

    /** {@return an adapter over the parameters' own memory; the name of its base is for people} */
    public static PeftAdapter adapter(List<Parameter> parameters, Lora lora, String base) {
        Map<String, FloatBuffer> values = new LinkedHashMap<>();
        parameters.forEach(parameter ->
                values.put(parameter.name(), parameter.values().duplicate().clear()));
        List<LowRank> modules = new ArrayList<>();
        values.forEach((name, a) -> {
            if (name.endsWith(PeftAdapter.LORA_A)) {
                String module = name.substring(0, name.length() - PeftAdapter.LORA_A.length());
                FloatBuffer b = Objects.requireNonNull(values.get(module + PeftAdapter.LORA_B));
                modules.add(new LowRank(WeightName.of(module + ".weight"), lora.rank(), lora.alpha(), a, b));
            }
        });
        return new PeftAdapter(lora.rank(), lora.alpha(), lora.rankStabilised(), lora.dropout(), base, modules);
    }
}
