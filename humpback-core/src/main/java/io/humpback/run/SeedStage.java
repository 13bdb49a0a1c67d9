package io.humpback.run;

import io.humpback.data.Example;
import io.humpback.internal.ContentId;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Seeds.Seed;
import java.util.List;
import java.util.Map;

/** Takes in the seed. */
record SeedStage() implements Stage {

    @Override
    public String name() {
        return "seed";
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        List<Example> seed = settings.seed();
        String content = ContentId.of(seed.stream()
                .flatMap(pair -> List.of(pair.instruction(), pair.response()).stream())
                .toArray(String[]::new));
        return Map.of("seed", seed.size() + " pairs, " + content);
    }

    @Override
    public void run(Run run) {
        run.store().transaction(name(), () -> {
            for (Example pair : run.settings().seed()) {
                run.store().seeds.insert(new Seed(ContentId.of(pair.instruction(), pair.response()), pair));
            }
        });
    }

    @Override
    public void forget(RunStore store) {
        store.seeds.clear();
    }
}
