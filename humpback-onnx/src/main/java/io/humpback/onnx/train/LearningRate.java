package io.humpback.onnx.train;

import io.humpback.model.TrainingPlan;

/**
 * The learning rate of each step: linear from zero to the peak over the warm-up, then down to the final one, which the
 * last step has.
 */
final class LearningRate {

    private LearningRate() {}

    /** {@return the rate of a step, counted from 0, of a number of steps} */
    static double at(TrainingPlan plan, int step, int steps) {
        int warmup = (int) Math.ceil(plan.optimizer().warmup() * steps);
        if (step < warmup) {
            return plan.optimizer().learningRate() * (step + 1) / (warmup + 1);
        }
        int after = steps - 1 - warmup;
        double way = after <= 0 ? 0 : (double) (step - warmup) / after;
        double share =
                switch (plan.optimizer().schedule()) {
                    case CONSTANT -> 1;
                    case LINEAR -> 1 - way;
                    case COSINE -> (1 + Math.cos(Math.PI * way)) / 2;
                };
        return plan.optimizer().finalLearningRate()
                + (plan.optimizer().learningRate() - plan.optimizer().finalLearningRate()) * share;
    }
}
