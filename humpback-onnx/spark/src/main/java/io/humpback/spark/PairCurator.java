package io.humpback.spark;

import io.humpback.Keep;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Keeps the best of scored rows: those that reach {@code threshold}, the best {@code budget}, or else the best {@code topShare}, by
 * default a fifth. A share is one of all rows with a score. Exactly as many are kept; of equal scores those whose ids come first by
 * their hash, which no partitioning changes (equal ids with equal scores are kept together).
 *
 * <p>For a share or a budget the scores are read when this is called, to find where the line is: write them to a table before, or the
 * model is asked again.
 */
public final class PairCurator extends Transformer implements DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private final String uid;
    private final Param<String> scoreCol;
    private final Param<String> idCol;
    private final DoubleParam threshold;
    private final DoubleParam topShare;
    private final LongParam budget;

    /** With a name of its own. */
    public PairCurator() {
        this(Identifiable.randomUID("pairCurator"));
    }

    /**
     * With a name, as Spark makes it.
     *
     * @param uid unique among the stages of a program
     */
    public PairCurator(String uid) {
        this.uid = uid;
        scoreCol = new Param<>(uid, "scoreCol", "the column with the numbers that count, doubles", String.class);
        idCol = new Param<>(
                uid, "idCol", "the column with the ids of rows, which decide between equal scores", String.class);
        threshold = new DoubleParam(uid, "threshold", "the score in [1, 5] from which rows are kept");
        topShare = new DoubleParam(uid, "topShare", "the share, in (0, 1], of the scored rows that is kept");
        budget = new LongParam(uid, "budget", "the number of rows that are kept");
        setDefault(scoreCol, "score.value");
        setDefault(idCol, "id");
        setDefault(topShare, 0.2);
    }

    /** {@return what reads a stage that was saved} */
    public static MLReader<PairCurator> read() {
        return new DefaultParamsReadable<PairCurator>() {}.read();
    }

    /** {@return a stage that was saved} */
    public static PairCurator load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
        transformSchema(rows.schema());
        Column score = functions.col(getOrDefault(scoreCol));
        Dataset<Row> all = rows.toDF().filter(score.isNotNull().and(functions.not(functions.isnan(score))));
        if (isSet(threshold)) {
            if (isSet(budget) || isSet(topShare)) {
                throw new IllegalArgumentException(
                        "threshold: found a budget or topShare beside it, expected one of them");
            }
            return all.filter(score.geq(new Keep.AtLeast((double) getOrDefault(threshold)).score()));
        }
        Column place = functions.xxhash64(functions.col(getOrDefault(idCol)));
        Dataset<Row> scored =
                all.select(Selection.rank(score).as("rank"), place.as("place")).persist(StorageLevel.MEMORY_AND_DISK());
        try {
            long most = most(scored.count());
            return most == 0 ? all : all.filter(Selection.best(scored, most).keeps(score, place));
        } finally {
            scored.unpersist();
        }
    }

    private long most(long scored) {
        if (!isSet(budget)) {
            return new Keep.TopShare((double) getOrDefault(topShare)).most(scored);
        }
        if (isSet(topShare)) {
            throw new IllegalArgumentException("budget: found topShare beside it, expected one of them");
        }
        long count = (long) getOrDefault(budget);
        if (count < 1) {
            throw new IllegalArgumentException("budget = " + count + ": expected at least 1");
        }
        return Math.min(count, scored);
    }

    @Override
    public StructType transformSchema(StructType in) {
        String score = getOrDefault(scoreCol);
        DataType type = in;
        for (String part : score.split("\\.")) {
            if (!(type instanceof StructType struct)) {
                throw new IllegalArgumentException(score + ": no such column");
            }
            type = Columns.require(struct, part);
        }
        if (!type.equals(DataTypes.DoubleType)) {
            throw new IllegalArgumentException(
                    score + ": found a column of " + type.simpleString() + ", expected double");
        }
        if (!isSet(threshold)) {
            Columns.require(in, getOrDefault(idCol));
        }
        return in;
    }

    @Override
    public PairCurator copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** {@return the parameter {@code scoreCol}} */
    public Param<String> scoreCol() {
        return scoreCol;
    }

    /** {@return the parameter {@code idCol}} */
    public Param<String> idCol() {
        return idCol;
    }

    /** {@return the parameter {@code threshold}} */
    public DoubleParam threshold() {
        return threshold;
    }

    /** {@return the parameter {@code topShare}} */
    public DoubleParam topShare() {
        return topShare;
    }

    /** {@return the parameter {@code budget}} */
    public LongParam budget() {
        return budget;
    }

    /** {@return this, with the column of scores, such as {@code score.value}} */
    public PairCurator setScoreCol(String column) {
        set(scoreCol, column);
        return this;
    }

    /** {@return this, with the column of ids} */
    public PairCurator setIdCol(String column) {
        set(idCol, column);
        return this;
    }

    /** {@return this, keeping scores from a number in [1, 5] on} */
    public PairCurator setThreshold(double score) {
        set(threshold, score);
        return this;
    }

    /** {@return this, keeping the best share, in (0, 1], of the scored rows} */
    public PairCurator setTopShare(double share) {
        set(topShare, share);
        return this;
    }

    /** {@return this, keeping a number of rows, at least 1} */
    public PairCurator setBudget(long rows) {
        set(budget, rows);
        return this;
    }
}
