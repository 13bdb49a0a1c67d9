package io.humpback.examples.nano;

import io.humpback.Augmenter;
import io.humpback.LikelihoodScorer;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Candidate;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import io.humpback.quality.Detection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a model can do in a world that it has not seen, held against the truth.
 *
 * @param segments of pages without a flaw
 * @param instructed those of them for which an instruction passed the checks
 * @param right those of them whose instruction asks for what the segment says
 * @param pairs with known flaws
 * @param good those of them without
 * @param rating ROC-AUC of the expected rating on the pairs
 * @param likelihood ROC-AUC of log P(response | instruction) per token
 * @param gain ROC-AUC of the same minus log P(response) per token
 */
public record Evaluation(
        int segments, int instructed, int right, int pairs, int good, double rating, double likelihood, double gain) {

    /** Words and pages differ from those of all other uses of a world. */
    private static final long SITE = 1;

    private static final long PAIRS = 2;

    /**
     * {@return the results in one world}
     *
     * @param villages pages of the world, 2 to 80
     */
    public static Evaluation of(LanguageModel model, long seed, int villages, int pairs) {
        World world = World.of(seed, villages);
        Truth truth = new Truth(world);
        List<Segment> segments = Segmenter.paper()
                .segments(new Site(world, seed + SITE).pages(), new SegmentFunnel())
                .filter(segment -> isClean(truth, segment))
                .toList();
        Augmenter augmenter = Augmenter.using(model)
                .examples(List.of())
                .sampling(Sampling.nucleus(0.9).temperature(0.7).maxTokens(40).seed(seed));
        int instructed = 0;
        int right = 0;
        try (Stream<Candidate> candidates = augmenter.augment(segments.stream())) {
            for (Candidate candidate : (Iterable<Candidate>) candidates::iterator) {
                instructed++;
                right += truth.flaw(candidate.instruction(), candidate.response()) == Flaw.NONE ? 1 : 0;
            }
        }
        PairSource source = new PairSource(world, seed + PAIRS);
        List<LabelledPair> judged = Stream.generate(source::pair).limit(pairs).toList();
        List<Example> examples = judged.stream().map(LabelledPair::example).toList();
        boolean[] good = new boolean[pairs];
        int count = 0;
        for (int i = 0; i < pairs; i++) {
            good[i] = judged.get(i).flaw() == Flaw.NONE;
            count += good[i] ? 1 : 0;
        }
        return new Evaluation(
                segments.size(),
                instructed,
                right,
                pairs,
                count,
                auc(Scorer.using(model).score(examples), good),
                auc(LikelihoodScorer.perToken(model).score(examples), good),
                auc(LikelihoodScorer.gain(model).score(examples), good));
    }

    /** A text answers the question about its subject, unless something is wrong with it. */
    private static boolean isClean(Truth truth, Segment segment) {
        Optional<Truth.Subject> subject = truth.subject(segment.text());
        return subject.isPresent()
                && truth.flaw(
                                subject.get().village() + " "
                                        + subject.get().topic().noun(),
                                segment.text())
                        == Flaw.NONE;
    }

    /** What is dropped without being shown to the judge, such as a response that repeats its question, ranks last. */
    static double auc(List<Scored<Example>> pairs, boolean[] good) {
        double least = pairs.stream()
                .flatMap(pair -> Stream.ofNullable(pair.score()))
                .mapToDouble(Score::value)
                .min()
                .orElse(0);
        double[] values = pairs.stream()
                .mapToDouble(
                        pair -> pair.score() == null ? least - 1 : pair.score().value())
                .toArray();
        return Detection.of(values, good).rocAuc();
    }
}
