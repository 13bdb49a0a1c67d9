package io.humpback.spark;

import io.humpback.model.LanguageModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A catalog with one function, for a look at some rows in SQL, in whatever language and over Connect:
 *
 * <pre>
 *   spark.sql.catalog.humpback         io.humpback.spark.HumpbackCatalog
 *   spark.sql.catalog.humpback.model   /models/judge
 *
 *   SELECT humpback.score(instruction, response).value FROM pairs LIMIT 20
 * </pre>
 *
 * <p>The options are {@code model}, {@code adapter}, {@code precision}, {@code device} and {@code rubric} of {@link PairScorer}, and the
 * struct is the one that it adds. It is slower than {@link PairScorer}, which is for tables: rows are rated one by one, and as often
 * as the planner evaluates the expression.
 */
public final class HumpbackCatalog implements FunctionCatalog {

    private static final Set<String> OPTIONS =
            new TreeSet<>(List.of("model", "adapter", "precision", "device", "rubric"));

    private String name = "";
    private CaseInsensitiveStringMap options = CaseInsensitiveStringMap.empty();

    /** As Spark makes it. */
    public HumpbackCatalog() {}

    @Override
    public void initialize(String catalog, CaseInsensitiveStringMap settings) {
        for (String option : settings.keySet()) {
            if (!OPTIONS.contains(option)) {
                throw new IllegalArgumentException(
                        "spark.sql.catalog." + catalog + "." + option + ": expected one of " + OPTIONS);
            }
        }
        name = catalog;
        options = settings;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) {
        return namespace.length == 0 ? new Identifier[] {Identifier.of(namespace, "score")} : new Identifier[0];
    }

    @Override
    public UnboundFunction loadFunction(Identifier function) throws NoSuchFunctionException {
        if (function.namespace().length > 0 || !function.name().equals("score")) {
            throw new NoSuchFunctionException(function);
        }
        ModelSource source = new ModelSource(
                options.getOrDefault("model", ""),
                options.getOrDefault("adapter", ""),
                options.getOrDefault("precision", ""),
                options.getOrDefault("device", "cpu"),
                0,
                8192,
                Cluster.of(SparkSession.active()));
        return new Score(source, new PairScorer.Rating(options.getOrDefault("rubric", "standard"), ""));
    }

    private record Score(ModelSource source, PairScorer.Rating rating)
            implements UnboundFunction, ScalarFunction<InternalRow> {

        @Override
        public BoundFunction bind(StructType input) {
            boolean strings = input.length() == 2;
            for (StructField field : input.fields()) {
                strings &= field.dataType().equals(DataTypes.StringType);
            }
            if (!strings) { // what Spark asks for where the types are others
                throw new UnsupportedOperationException(name() + ": found " + input.simpleString()
                        + ", expected an instruction and a response, strings");
            }
            return this;
        }

        @Override
        public String name() {
            return "score";
        }

        @Override
        public String canonicalName() {
            return "io.humpback.score(" + source + ")";
        }

        @Override
        public String description() {
            return "score(instruction, response): how good a response is, from 1 to 5";
        }

        @Override
        public DataType[] inputTypes() {
            return new DataType[] {DataTypes.StringType, DataTypes.StringType};
        }

        @Override
        public DataType resultType() {
            return PairScorer.SCORE;
        }

        @Override
        public InternalRow produceResult(InternalRow pair) {
            if (pair.isNullAt(0) || pair.isNullAt(1)) {
                return row(new Object[] {null, null, null, "found null, expected text"});
            }
            String[] texts = {pair.getString(0), pair.getString(1)};
            try (SharedModels.Use use = SharedModels.use(source.locate())) {
                return row(answer(use.model(), texts));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Object[] answer(LanguageModel model, String[] texts) {
            return ModelPartition.alone(rating, model, texts, PairScorer.SCORE.size());
        }

        /** A row as Spark holds it. */
        private static InternalRow row(Object[] values) {
            Object[] internal = values.clone();
            if (values[1] instanceof Double[] distribution) {
                internal[1] = new GenericArrayData(distribution);
            }
            internal[3] = UTF8String.fromString((String) values[3]);
            return new GenericInternalRow(internal);
        }
    }
}
