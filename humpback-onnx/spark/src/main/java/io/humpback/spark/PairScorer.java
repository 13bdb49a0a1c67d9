package io.humpback.spark;

import io.humpback.Rubric;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.model.LanguageModel;
import java.util.List;
import java.util.Objects;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Rates pairs from 1 to 5 with a model as the judge, as {@link Scorer} does, with the same numbers. It adds a column, by default {@code
 * score}, of a struct:
 *
 * <ul>
 *   <li>{@code value}, a double in [1, 5]: the expected rating;
 *   <li>{@code distribution}, five doubles: P(1) to P(5), which sum to 1;
 *   <li>{@code outside}, a double in [0, 1]: the probability of anything but a rating;
 *   <li>{@code error}, a string: why the others are null; null where they are not.
 * </ul>
 */
public final class PairScorer extends ModelTransformer<PairScorer> {

    private static final long serialVersionUID = 1;

    /** The struct of a score. */
    static final StructType SCORE = new StructType()
            .add("value", DataTypes.DoubleType)
            .add("distribution", DataTypes.createArrayType(DataTypes.DoubleType, false))
            .add("outside", DataTypes.DoubleType)
            .add("error", DataTypes.StringType);

    private static final String STANDARD = "standard";
    private static final String PARAPHRASES = "paraphrases";

    private final Param<String> instructionCol;
    private final Param<String> responseCol;
    private final Param<String> rubric;
    private final Param<String> system;

    /** With a name of its own. */
    public PairScorer() {
        this(Identifiable.randomUID("pairScorer"));
    }

    /**
     * With a name, as Spark makes it.
     *
     * @param uid unique among the stages of a program
     */
    public PairScorer(String uid) {
        super(uid, "score");
        instructionCol = text("instructionCol", "the column with the instructions, strings");
        responseCol = text("responseCol", "the column with the responses, strings");
        rubric = text(
                "rubric",
                "standard, paraphrases for the mean of three, or criteria of your own in words: what the ratings 1 to"
                        + " 5 mean");
        system = text("system", "a system turn before the rubric; empty for none");
        setDefault(instructionCol, "instruction");
        setDefault(responseCol, "response");
        setDefault(rubric, STANDARD);
        setDefault(system, "");
    }

    /** {@return what reads a stage that was saved} */
    public static MLReader<PairScorer> read() {
        return new DefaultParamsReadable<PairScorer>() {}.read();
    }

    /** {@return a stage that was saved} */
    public static PairScorer load(String path) {
        return read().load(path);
    }

    @Override
    PairScorer self() {
        return this;
    }

    @Override
    String[] inputs() {
        return new String[] {getOrDefault(instructionCol), getOrDefault(responseCol)};
    }

    @Override
    StructType answer() {
        return SCORE;
    }

    @Override
    ModelPartition partition(ModelSource source, StructType in) {
        Rating rating = new Rating(getOrDefault(rubric), getOrDefault(system));
        rating.rubrics(); // refuses here what would be refused in each task
        return new ModelPartition(source, inputs(), in, SCORE.size(), rating);
    }

    /** Rates pairs of texts. */
    record Rating(String rubric, String system) implements ModelPartition.Task {

        private List<Rubric> rubrics() {
            return switch (rubric) {
                case STANDARD -> List.of(Rubric.standard());
                case PARAPHRASES -> Rubric.paraphrases();
                default -> {
                    if (!rubric.strip().contains(" ")) {
                        throw new IllegalArgumentException(
                                "rubric = " + rubric + ": expected standard, paraphrases, or criteria in words");
                    }
                    yield List.of(Rubric.of("own", rubric));
                }
            };
        }

        @Override
        public List<Object[]> answer(LanguageModel model, List<String[]> texts) {
            List<Example> pairs =
                    texts.stream().map(pair -> new Example(pair[0], pair[1])).toList();
            return Scorer.using(model).rubrics(rubrics()).system(system).score(pairs).stream()
                    .map(Rating::values)
                    .toList();
        }

        private static Object[] values(Scored<Example> scored) {
            Score score = scored.score();
            return score == null
                    ? new Object[] {
                        null, null, null, Objects.requireNonNull(scored.drop()).toString()
                    }
                    : new Object[] {score.value(), score.distribution().toArray(new Double[0]), score.outside(), null};
        }
    }

    /** {@return the parameter {@code instructionCol}} */
    public Param<String> instructionCol() {
        return instructionCol;
    }

    /** {@return the parameter {@code responseCol}} */
    public Param<String> responseCol() {
        return responseCol;
    }

    /** {@return the parameter {@code rubric}} */
    public Param<String> rubric() {
        return rubric;
    }

    /** {@return the parameter {@code system}} */
    public Param<String> system() {
        return system;
    }

    /** {@return this, with the column of instructions} */
    public PairScorer setInstructionCol(String column) {
        set(instructionCol, column);
        return this;
    }

    /** {@return this, with the column of responses} */
    public PairScorer setResponseCol(String column) {
        set(responseCol, column);
        return this;
    }

    /**
     * {@return this, with a rubric}
     *
     * @param value {@code standard}, {@code paraphrases} for the mean of three, or criteria of your own in words: what the ratings 1
     *     to 5 mean
     */
    public PairScorer setRubric(String value) {
        set(rubric, value);
        return this;
    }

    /** {@return this, with a system turn before the rubric; empty for none} */
    public PairScorer setSystem(String text) {
        set(system, text);
        return this;
    }
}
