package io.humpback.run;

import io.humpback.Judge;
import java.util.ArrayList;
import java.util.List;

/** The stages of a run in their order. */
final class RunStages {

    /** Settings of what follows M_0: whichever stage that is. */
    static final String AFTER_M_0 = "judging";

    /**
     * One stage.
     *
     * @param name such as {@code score-1}
     * @param round that it belongs to, or -1
     * @param model that it trains, or empty
     */
    record One(String name, int round, String model) {
        /** {@return what it does, whatever the round or model} */
        String kind() {
            int dash = name.indexOf('-');
            return dash < 0 ? name : name.substring(0, dash);
        }
    }

    private RunStages() {}

    static List<One> of(RunSettings settings) {
        List<One> stages = new ArrayList<>();
        stages.add(new One("seed", -1, ""));
        stages.add(new One("segments", -1, ""));
        stages.add(new One("train-M_yx", -1, "M_yx"));
        stages.add(new One("augment", -1, ""));
        stages.add(new One("train-M_0", -1, "M_0"));
        if (settings.ifd > 0) {
            stages.add(new One("ifd", -1, ""));
        }
        for (int round = 1; round <= settings.rounds; round++) {
            if (settings.judge != Judge.NONE) {
                stages.add(new One("score-" + round, round, ""));
            }
            stages.add(new One("curate-" + round, round, ""));
            stages.add(new One("train-M_" + round, round, "M_" + round));
        }
        stages.add(new One("export", -1, ""));
        return stages;
    }

    /**
     * {@return a stage that was begun under other settings}
     *
     * @param name as it is stored
     */
    static One named(String name) {
        int dash = name.indexOf('-');
        String of = name.substring(dash + 1);
        if (name.startsWith("train-")) {
            return new One(name, -1, of);
        }
        return new One(name, dash < 0 ? -1 : Integer.parseInt(of), "");
    }

    /**
     * {@return a number that grows in the order in which stages are done, whatever the settings}
     *
     * @param name of a stage
     */
    static int order(String name) {
        One stage = named(name);
        int first = List.of("seed", "segments", "train-M_yx", "augment", "train-M_0", "ifd")
                .indexOf(name);
        if (first >= 0 || name.equals("export")) {
            return first >= 0 ? first : Integer.MAX_VALUE;
        }
        int round = stage.round() < 0 ? Integer.parseInt(stage.model().substring("M_".length())) : stage.round();
        return 3 * round + 6 + List.of("score", "curate", "train").indexOf(stage.kind());
    }

    /** {@return the place of a stage in a list, or -1} */
    static int index(List<One> stages, String name) {
        for (int i = 0; i < stages.size(); i++) {
            String each = stages.get(i).name();
            if (each.equals(name)
                    || name.equals(AFTER_M_0)
                            && i > 0
                            && stages.get(i - 1).name().equals("train-M_0")) {
                return i;
            }
        }
        return -1;
    }
}
