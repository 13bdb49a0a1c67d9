package io.humpback.spark;

import io.humpback.quality.NearDuplicates;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Drops texts that are nearly the same as one that is kept: as {@link NearDuplicates} does in the order of the ids, but for its bound
 * on comparisons. Candidates share one of the keys of {@link NearDuplicates#keys} and are found by a join; the exact similarity
 * of each pair decides. A row is kept if it is like no kept row before it. That is found in rounds over the pairs alone, as many as
 * the longest chain of rows of which each is like the one before.
 *
 * <p>The pairs are found when this is called; it takes a shuffle of 21 rows of 24 bytes for each text, and one of the texts that have a
 * candidate. Ids have to be unique; rows whose text or id is null are kept. Thousands of texts of one template make millions of pairs:
 * drop those by their template before.
 */
public final class NearDuplicateFilter extends Transformer implements DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private static final UserDefinedFunction KEYS = functions.udf(
            (UDF1<String, long[]>) NearDuplicates::keys, DataTypes.createArrayType(DataTypes.LongType, false));
    private static final UserDefinedFunction JACCARD =
            functions.udf((UDF2<String, String, Double>) NearDuplicates::jaccard, DataTypes.DoubleType);

    private final String uid;
    private final Param<String> textCol;
    private final Param<String> idCol;
    private final DoubleParam threshold;

    /** With a name of its own. */
    public NearDuplicateFilter() {
        this(Identifiable.randomUID("nearDuplicateFilter"));
    }

    /**
     * With a name, as Spark makes it.
     *
     * @param uid unique among the stages of a program
     */
    public NearDuplicateFilter(String uid) {
        this.uid = uid;
        textCol = new Param<>(uid, "textCol", "the column with the texts, strings", String.class);
        idCol = new Param<>(
                uid, "idCol", "the column with the ids of rows, unique, in whose order texts are kept", String.class);
        threshold = new DoubleParam(
                uid, "threshold", "Jaccard similarity, 0.5 to 1, from which a text is a near-duplicate");
        setDefault(textCol, "text");
        setDefault(idCol, "id");
        setDefault(threshold, NearDuplicates.standard().threshold());
    }

    /** {@return what reads a stage that was saved} */
    public static MLReader<NearDuplicateFilter> read() {
        return new DefaultParamsReadable<NearDuplicateFilter>() {}.read();
    }

    /** {@return a stage that was saved} */
    public static NearDuplicateFilter load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
        transformSchema(rows.schema());
        double least =
                NearDuplicates.above((double) getOrDefault(threshold)).threshold(); // refuses what is out of range
        Dataset<Row> all = rows.toDF();
        Dataset<Row> texts = all.select(
                functions.col(getOrDefault(idCol)).as("id"),
                functions.col(getOrDefault(textCol)).as("text"));
        Dataset<Row> dropped = dropped(pairs(texts, least));
        Column same = all.col(getOrDefault(idCol)).equalTo(dropped.col("later"));
        return all.join(dropped, same, "left_anti");
    }

    /** {@return the ids of near-duplicates, {@code earlier} and {@code later}} */
    private static Dataset<Row> pairs(Dataset<Row> texts, double least) {
        Dataset<Row> keyed = texts.filter("id is not null and text is not null")
                .select(functions.col("id"), functions.posexplode(KEYS.apply(functions.col("text"))));
        Dataset<Row> candidates = keyed.withColumnRenamed("id", "earlier")
                .join(keyed.withColumnRenamed("id", "later"), new String[] {"pos", "col"})
                .filter("earlier < later")
                .select("earlier", "later")
                .distinct();
        return candidates
                .join(texts.toDF("earlier", "first"), "earlier")
                .join(texts.toDF("later", "second"), "later")
                .filter(JACCARD.apply(functions.col("first"), functions.col("second"))
                        .geq(least))
                .select("earlier", "later");
    }

    /** {@return the ids of those that are dropped, {@code later}, each once} */
    private static Dataset<Row> dropped(Dataset<Row> found) {
        Dataset<Row> pairs = found.persist(StorageLevel.MEMORY_AND_DISK());
        Dataset<Row> dropped = pairs.select("later").limit(0);
        while (!pairs.isEmpty()) {
            // nothing that is still in question comes before them
            Dataset<Row> kept = pairs.select("earlier")
                    .distinct()
                    .join(pairs.select("later"), functions.col("earlier").equalTo(functions.col("later")), "left_anti");
            Dataset<Row> now =
                    pairs.join(kept, "earlier").select("later").distinct().localCheckpoint();
            dropped = dropped.union(now);
            Dataset<Row> left = pairs.join(now, new String[] {"later"}, "left_anti")
                    .join(now.toDF("earlier"), new String[] {"earlier"}, "left_anti")
                    .select("earlier", "later")
                    .localCheckpoint();
            pairs.unpersist();
            pairs = left;
        }
        return dropped;
    }

    @Override
    public StructType transformSchema(StructType in) {
        Columns.require(in, getOrDefault(idCol));
        Columns.requireText(in, getOrDefault(textCol));
        return in;
    }

    @Override
    public NearDuplicateFilter copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** {@return the parameter {@code textCol}} */
    public Param<String> textCol() {
        return textCol;
    }

    /** {@return the parameter {@code idCol}} */
    public Param<String> idCol() {
        return idCol;
    }

    /** {@return the parameter {@code threshold}} */
    public DoubleParam threshold() {
        return threshold;
    }

    /** {@return this, with the column of texts} */
    public NearDuplicateFilter setTextCol(String column) {
        set(textCol, column);
        return this;
    }

    /** {@return this, with the column of ids} */
    public NearDuplicateFilter setIdCol(String column) {
        set(idCol, column);
        return this;
    }

    /** {@return this, with the Jaccard similarity, 0.5 to 1, from which a text is a near-duplicate} */
    public NearDuplicateFilter setThreshold(double similarity) {
        set(threshold, similarity);
        return this;
    }
}
