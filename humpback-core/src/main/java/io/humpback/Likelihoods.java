package io.humpback;

import io.humpback.internal.run.RunStore.Stored;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Prompt;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How probable a model finds the responses of candidates.
 *
 * @param model the model
 * @param system what the system turn says; empty for none
 */
record Likelihoods(LanguageModel model, String system) {

    /** A mean log-probability a token, or why there is none. */
    record Of(@Nullable Double mean, @Nullable Drop drop) {}

    /** {@return one for each candidate} @param alone whether an empty instruction stands in for each candidate's */
    List<Of> of(List<Stored> candidates, boolean alone) {
        List<@Nullable Drop> drops = new ArrayList<>();
        List<Continuation> asked = new ArrayList<>();
        for (Stored stored : candidates) {
            String instruction = stored.candidate().instruction();
            String response = stored.candidate().response();
            Prompt prompt = Direction.FORWARD.prompt(alone ? "" : instruction, system);
            Drop drop = PairChecks.check(instruction, response).orElse(null);
            if (drop == null) {
                drop = Fit.check(model, prompt, model.countTokens(Prompt.text(response)));
            }
            drops.add(drop);
            if (drop == null) {
                asked.add(Continuation.of(prompt, response));
            }
        }
        try (Stream<Likelihood> likelihoods = model.logLikelihood(asked.stream())) {
            Iterator<Likelihood> each = likelihoods.iterator();
            List<Of> all = new ArrayList<>();
            for (Drop drop : drops) {
                all.add(drop == null ? new Of(each.next().mean(), null) : new Of(null, drop));
            }
            return all;
        }
    }
}
