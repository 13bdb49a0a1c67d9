package io.humpback;

import io.humpback.data.Candidate;
import io.humpback.data.Candidate.Provenance;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.model.Completion;
import io.humpback.model.Completion.Finish;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.CandidateChecks;
import io.humpback.quality.Drop;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Self-augmentation: writes for each segment the instruction that it answers (paper, section 2.2). The model is an
 * instruct model, which is shown a few examples, or one that was {@link #trained()} for it. Immutable and safe for use from many threads.
 *
 * <p>A segment's instruction depends on the segment, the settings and its number among the segments of the stream that
 * were asked about, counted from {@link Sampling#firstItem}, and on nothing else that is in the stream.
 */
public final class Augmenter {

    /**
     * A segment and what became of it when a model was asked for its instruction: a candidate, or why
     * it was dropped.
     *
     * @param segment the segment
     * @param output what the model wrote, as it is; empty where it was not asked
     * @param candidate null where it was dropped
     * @param drop why it was dropped; null where there is a candidate
     */
    public record Attempt(
            Segment segment,
            String output,
            @Nullable Candidate candidate,
            @Nullable Drop drop) {

        /** Checks that there is exactly one of the two. */
        public Attempt {
            if ((candidate == null) == (drop == null)) {
                throw new IllegalArgumentException("attempt: expected either a candidate or why there is none");
            }
        }
    }

    /** A prompt that leaves room for fewer tokens leaves no room for an instruction. */
    private static final int REPLY_ROOM = 64;

    private final LanguageModel model;
    private final Sampling sampling;
    private final AskingPrompt prompt;
    private final CandidateChecks checks;

    private Augmenter(LanguageModel model, Sampling sampling, AskingPrompt prompt, CandidateChecks checks) {
        this.model = model;
        this.sampling = sampling;
        this.prompt = prompt;
        this.checks = checks;
    }

    /**
     * {@return an augmenter with the paper's sampling (nucleus of 0.9 at temperature 0.7) in at most 256 tokens, three
     * examples, and the standard checks}
     *
     * @param model writes the instructions
     */
    public static Augmenter using(LanguageModel model) {
        return new Augmenter(
                Objects.requireNonNull(model, "model"),
                Sampling.nucleus(0.9).temperature(0.7).maxTokens(256),
                new BackwardPrompt(BackwardPrompt.EXAMPLES),
                CandidateChecks.standard());
    }

    /**
     * {@return a copy with another sampling}
     *
     * @param value how tokens are chosen, and the seed
     */
    public Augmenter sampling(Sampling value) {
        return new Augmenter(model, Objects.requireNonNull(value, "sampling"), prompt, checks);
    }

    /**
     * {@return a copy with other examples}
     *
     * @param values shown to the model in this order; none is allowed
     */
    public Augmenter examples(List<Example> values) {
        return new Augmenter(model, sampling, new BackwardPrompt(values), checks);
    }

    /** {@return this, with a model that was trained {@link Direction#BACKWARD}: it is asked as in training} */
    public Augmenter trained() {
        return trained("");
    }

    /**
     * {@return this, with a model that was trained {@link Direction#BACKWARD}}
     *
     * @param system as in training, or empty
     */
    public Augmenter trained(String system) {
        return new Augmenter(
                model, sampling, new AskingPrompt.Trained(Objects.requireNonNull(system, "system")), checks);
    }

    /**
     * {@return a copy with other checks}
     *
     * @param value what an instruction has to pass
     */
    public Augmenter checks(CandidateChecks value) {
        return new Augmenter(model, sampling, prompt, Objects.requireNonNull(value, "checks"));
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model
     */
    public Augmenter listener(Listener listener) {
        return new Augmenter(model.listening(listener), sampling, prompt, checks);
    }

    /**
     * {@return a candidate for each segment whose instruction passes the checks, in order} Lazy; closing it closes the
     * source. {@link #attempts} also returns the others.
     *
     * @param segments any number
     */
    public Stream<Candidate> augment(Stream<Segment> segments) {
        return attempts(segments).flatMap(attempt -> Stream.ofNullable(attempt.candidate()));
    }

    /**
     * {@return what became of each segment, in order: a candidate, or why there is none} Lazy; closing it closes the
     * source.
     *
     * @param segments any number
     */
    public Stream<Attempt> attempts(Stream<Segment> segments) {
        Provenance provenance = provenance();
        List<String> fixedTexts = prompt.fixedTexts();
        Stream<Task> answered = ModelStream.<Task, Prompt, Completion>through(
                segments.map(this::ask),
                prompts -> model.complete(prompts, sampling),
                (task, completion) -> new Task(task.segment, completion, null));
        return answered.map(task -> task.end(prompt, provenance, fixedTexts, checks));
    }

    /** {@return what its candidates will name as their origin: model, prompt and sampling} */
    public Provenance provenance() {
        return new Provenance(model.fingerprint(), prompt.fingerprint(), sampling);
    }

    private ModelStream.Ask<Task, Prompt> ask(Segment segment) {
        if (segment.text().isBlank()) {
            Drop empty = new Drop(Drop.Reason.EMPTY, "segment has no text");
            return new ModelStream.Ask<>(new Task(segment, null, empty), null);
        }
        var chat = prompt.of(segment.text());
        Drop tooLong = ModelStream.tooLong(model, chat, Math.min(sampling.maxTokens(), REPLY_ROOM));
        return new ModelStream.Ask<>(new Task(segment, null, tooLong), tooLong == null ? chat : null);
    }

    /** A segment on its way, with the completion or the reason why none was asked for. */
    private record Task(
            Segment segment,
            @Nullable Completion completion,
            @Nullable Drop drop) {

        Attempt end(AskingPrompt prompt, Provenance provenance, List<String> fixedTexts, CandidateChecks checks) {
            if (completion == null) {
                return new Attempt(segment, "", null, drop);
            }
            String output = completion.text();
            Reply reply = prompt.reply(output);
            boolean cutOff = completion.finish() == Finish.LENGTH && reply.toEnd();
            return checks.check(reply.instruction(), segment.text(), fixedTexts, cutOff)
                    .map(found -> new Attempt(segment, output, null, found))
                    .orElseGet(() -> new Attempt(
                            segment, output, new Candidate(segment, reply.instruction(), provenance), null));
        }
    }
}
