package io.humpback.spark;

import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A stage that asks a model about each row and adds what it says as a column. Rows come out in the order of their partition, with a
 * bounded number of them in memory. What is wrong with a row is told in it, and ends neither the task nor the rows beside it; what is
 * wrong with the model ends the job. What a row gets depends on the row and the settings: on a CPU to the last bit, on a GPU up to the
 * rounding that the rows computed with it bring.
 *
 * @param <S> the stage itself
 */
public abstract class ModelTransformer<S extends ModelTransformer<S>> extends Transformer
        implements DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private final String uid;
    private final Param<String> model;
    private final Param<String> adapter;
    private final Param<String> precision;
    private final Param<String> device;
    private final IntParam threads;
    private final IntParam contextLength;
    private final Param<String> idCol;
    private final Param<String> done;
    private final Param<String> outputCol;

    ModelTransformer(String uid, String output) {
        this.uid = uid;
        model = text(
                "model",
                "a path that every executor sees, the name of a file that spark.files brings, org/name on the hub, or"
                        + " sha256: and the hash of a .gguf or .safetensors file");
        adapter = text("adapter", "an adapter made for the model, named likewise; empty for none");
        precision = text("precision", "fp32, bf16, int8 or int4; empty for the device's");
        device = text("device", "cpu, or cuda for the task's GPU; in local mode also cuda:N");
        threads = new IntParam(uid, "threads", "of the CPU that share an operator; 0 for all that the executor has");
        contextLength = new IntParam(uid, "contextLength", "tokens of a prompt and its reply, at most");
        idCol = text("idCol", "the column with the ids of rows, for done");
        done = text(
                "done",
                "a table, or a Parquet folder (with a slash in its name, or where there is no such table), whose ids"
                        + " are passed over, if it exists; empty for none");
        outputCol = text("outputCol", "the column that is added");
        setDefault(adapter, "");
        setDefault(precision, "");
        setDefault(device, "cpu");
        setDefault(threads, 0);
        setDefault(contextLength, 8192);
        setDefault(idCol, "id");
        setDefault(done, "");
        setDefault(outputCol, output);
    }

    final Param<String> text(String name, String doc) {
        return new Param<>(uid, name, doc, String.class);
    }

    abstract S self();

    /** {@return the columns of texts that are read} */
    abstract String[] inputs();

    /** {@return the type of the column that is added} */
    abstract StructType answer();

    /** {@return what is done with the rows of a partition} */
    abstract ModelPartition partition(ModelSource source, StructType in);

    @Override
    public final String uid() {
        return uid;
    }

    @Override
    public final Dataset<Row> transform(Dataset<?> rows) {
        StructType in = rows.schema();
        StructType out = transformSchema(in);
        if (!isDefined(model)) {
            throw new IllegalArgumentException("model: not set, expected " + model.doc());
        }
        ModelSource source = new ModelSource(
                getOrDefault(model),
                getOrDefault(adapter),
                getOrDefault(precision),
                getOrDefault(device),
                (int) getOrDefault(threads),
                (int) getOrDefault(contextLength),
                Cluster.of(rows.sparkSession()));
        return withoutDone(rows.toDF()).mapPartitions(partition(source, in), Encoders.row(out));
    }

    private Dataset<Row> withoutDone(Dataset<Row> rows) {
        String name = getOrDefault(done);
        if (name.isEmpty()) {
            return rows;
        }
        String id = getOrDefault(idCol);
        Columns.require(rows.schema(), id);
        Dataset<Row> there = stored(rows.sparkSession(), name);
        if (there == null) {
            return rows; // the first time
        }
        Columns.require(there.schema(), id);
        return rows.join(there.select(functions.col(id)).distinct(), new String[] {id}, "left_anti");
    }

    /** {@return the rows of a table, or of a folder; null if there is neither} */
    private static @Nullable Dataset<Row> stored(SparkSession session, String name) {
        try {
            if (!name.contains("/") && session.catalog().tableExists(name)) {
                return session.table(name);
            }
            return session.read().parquet(name);
        } catch (Exception e) {
            if (e instanceof AnalysisException missing && "PATH_NOT_FOUND".equals(missing.getCondition())) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public final StructType transformSchema(StructType in) {
        for (String column : inputs()) {
            Columns.requireText(in, column);
        }
        return Columns.add(in, getOrDefault(outputCol), answer());
    }

    @Override
    public final Transformer copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** {@return the parameter {@code model}} */
    public final Param<String> model() {
        return model;
    }

    /** {@return the parameter {@code adapter}} */
    public final Param<String> adapter() {
        return adapter;
    }

    /** {@return the parameter {@code precision}} */
    public final Param<String> precision() {
        return precision;
    }

    /** {@return the parameter {@code device}} */
    public final Param<String> device() {
        return device;
    }

    /** {@return the parameter {@code threads}} */
    public final IntParam threads() {
        return threads;
    }

    /** {@return the parameter {@code contextLength}} */
    public final IntParam contextLength() {
        return contextLength;
    }

    /** {@return the parameter {@code idCol}} */
    public final Param<String> idCol() {
        return idCol;
    }

    /** {@return the parameter {@code done}} */
    public final Param<String> done() {
        return done;
    }

    /** {@return the parameter {@code outputCol}} */
    public final Param<String> outputCol() {
        return outputCol;
    }

    /**
     * {@return this, with a model}
     *
     * @param name a path that every executor sees, the name of a file that {@code spark.files} brings, {@code org/name} on the hub,
     *     or {@code sha256:} and the hash of a {@code .gguf} or {@code .safetensors} file that is there
     */
    public final S setModel(String name) {
        set(model, name);
        return self();
    }

    /** {@return this, with an adapter made for the model, named as {@link #setModel} does; empty for none} */
    public final S setAdapter(String name) {
        set(adapter, name);
        return self();
    }

    /** {@return this, in a precision: fp32, bf16, int8 or int4; empty for the device's} */
    public final S setPrecision(String key) {
        set(precision, key);
        return self();
    }

    /** {@return this, on a device: {@code cpu}, or {@code cuda} for the GPU that Spark gives a task; in local mode also {@code cuda:N}} */
    public final S setDevice(String name) {
        set(device, name);
        return self();
    }

    /** {@return this, with threads of the CPU that share an operator; 0 for all that the executor has} */
    public final S setThreads(int number) {
        set(threads, number);
        return self();
    }

    /** {@return this, with tokens that a prompt and its reply may have, at most} */
    public final S setContextLength(int tokens) {
        set(contextLength, tokens);
        return self();
    }

    /** {@return this, with the column that holds the ids of rows} */
    public final S setIdCol(String column) {
        set(idCol, column);
        return self();
    }

    /**
     * {@return this, passing over rows that were done before}
     *
     * @param output a table or a Parquet folder with the column of ids, such as the one that this is appended to; it need not exist
     */
    public final S setDone(String output) {
        set(done, output);
        return self();
    }

    /** {@return this, with a name for the column that is added} */
    public final S setOutputCol(String column) {
        set(outputCol, column);
        return self();
    }
}
