package io.humpback.spark;

import io.humpback.Augmenter;
import io.humpback.Augmenter.Attempt;
import io.humpback.data.Segment;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Writes for each text the instruction that it answers, as {@link Augmenter} does. It adds a column, by default {@code written}, of a
 * struct: {@code instruction}, a string, and {@code error}, why there is none. The noise is drawn by seed and text, so that a
 * text gets the same instruction in whatever partition it lies.
 */
public final class InstructionWriter extends ModelTransformer<InstructionWriter> {

    private static final long serialVersionUID = 1;

    private static final StructType WRITTEN =
            new StructType().add("instruction", DataTypes.StringType).add("error", DataTypes.StringType);

    private final Param<String> textCol;
    private final BooleanParam trained;
    private final DoubleParam temperature;
    private final DoubleParam topP;
    private final IntParam maxTokens;
    private final LongParam seed;

    /** With a name of its own. */
    public InstructionWriter() {
        this(Identifiable.randomUID("instructionWriter"));
    }

    /**
     * With a name, as Spark makes it.
     *
     * @param uid unique among the stages of a program
     */
    public InstructionWriter(String uid) {
        super(uid, "written");
        textCol = text("textCol", "the column with the texts, strings");
        trained =
                new BooleanParam(uid, "trained", "whether the model was trained backward, and is asked as in training");
        temperature =
                new DoubleParam(uid, "temperature", "0 for the most probable token, else the logits are divided by it");
        topP = new DoubleParam(uid, "topP", "keeps the most probable tokens whose probability reaches it, in (0, 1]");
        maxTokens = new IntParam(uid, "maxTokens", "tokens of an instruction, at most");
        seed = new LongParam(uid, "seed", "of the noise");
        setDefault(textCol, "text");
        setDefault(trained, false);
        setDefault(temperature, 0.7);
        setDefault(topP, 0.9);
        setDefault(maxTokens, 256);
        setDefault(seed, 0L);
    }

    /** {@return what reads a stage that was saved} */
    public static MLReader<InstructionWriter> read() {
        return new DefaultParamsReadable<InstructionWriter>() {}.read();
    }

    /** {@return a stage that was saved} */
    public static InstructionWriter load(String path) {
        return read().load(path);
    }

    @Override
    InstructionWriter self() {
        return this;
    }

    @Override
    String[] inputs() {
        return new String[] {getOrDefault(textCol)};
    }

    @Override
    StructType answer() {
        return WRITTEN;
    }

    @Override
    ModelPartition partition(ModelSource source, StructType in) {
        Writing writing = new Writing(
                (boolean) getOrDefault(trained),
                (double) getOrDefault(temperature),
                (double) getOrDefault(topP),
                (int) getOrDefault(maxTokens),
                (long) getOrDefault(seed));
        writing.sampling(); // refuses here what would be refused in each task
        return new ModelPartition(source, inputs(), in, WRITTEN.size(), writing);
    }

    /** Writes instructions of texts. */
    private record Writing(boolean trained, double temperature, double topP, int maxTokens, long seed)
            implements ModelPartition.Task {

        Sampling sampling() {
            return Sampling.nucleus(topP)
                    .temperature(temperature)
                    .maxTokens(maxTokens)
                    .seed(seed)
                    .firstItem(Sampling.BY_PROMPT);
        }

        @Override
        public List<Object[]> answer(LanguageModel model, List<String[]> texts) {
            Augmenter plain = Augmenter.using(model).sampling(sampling());
            Augmenter augmenter = trained ? plain.trained() : plain;
            Stream<Segment> segments = texts.stream().map(text -> Segment.of("", "", "", 0, text[0]));
            try (Stream<Attempt> attempts = augmenter.attempts(segments)) {
                return attempts.map(Writing::values).toList();
            }
        }

        private static Object[] values(Attempt attempt) {
            return attempt.candidate() == null
                    ? new Object[] {null, Objects.requireNonNull(attempt.drop()).toString()}
                    : new Object[] {attempt.candidate().instruction(), null};
        }
    }

    /** {@return the parameter {@code textCol}} */
    public Param<String> textCol() {
        return textCol;
    }

    /** {@return the parameter {@code trained}} */
    public BooleanParam trained() {
        return trained;
    }

    /** {@return the parameter {@code temperature}} */
    public DoubleParam temperature() {
        return temperature;
    }

    /** {@return the parameter {@code topP}} */
    public DoubleParam topP() {
        return topP;
    }

    /** {@return the parameter {@code maxTokens}} */
    public IntParam maxTokens() {
        return maxTokens;
    }

    /** {@return the parameter {@code seed}} */
    public LongParam seed() {
        return seed;
    }

    /** {@return this, with the column of texts} */
    public InstructionWriter setTextCol(String column) {
        set(textCol, column);
        return this;
    }

    /** {@return this, for a model that was trained backward, or not} */
    public InstructionWriter setTrained(boolean value) {
        set(trained, value);
        return this;
    }

    /** {@return this, at a temperature; 0 for the most probable token} */
    public InstructionWriter setTemperature(double value) {
        set(temperature, value);
        return this;
    }

    /** {@return this, with the most probable tokens whose probability reaches a number in (0, 1]} */
    public InstructionWriter setTopP(double value) {
        set(topP, value);
        return this;
    }

    /** {@return this, with tokens of an instruction, at most} */
    public InstructionWriter setMaxTokens(int value) {
        set(maxTokens, value);
        return this;
    }

    /** {@return this, with a seed of the noise} */
    public InstructionWriter setSeed(long value) {
        set(seed, value);
        return this;
    }
}
