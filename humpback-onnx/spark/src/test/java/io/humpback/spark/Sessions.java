package io.humpback.spark;

import io.humpback.examples.nano.Nano;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Spark in this JVM, and what the tests ask it about. */
final class Sessions {

    static final StructType PAIR = new StructType()
            .add("id", DataTypes.StringType)
            .add("instruction", DataTypes.StringType)
            .add("response", DataTypes.StringType);

    private static String nano = "";

    private Sessions() {}

    /** {@return the folder of the small model that comes with the command line} */
    static synchronized String nano() {
        if (nano.isEmpty()) {
            try {
                nano = Nano.resolve(Path.of("nano")).toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return nano;
    }

    /** {@return a session of two threads, which the tests of a JVM share} */
    static SparkSession local() {
        return localSettings().getOrCreate();
    }

    static SparkSession.Builder localSettings() {
        return settings("local[2]")
                .config("spark.sql.catalog.humpback", HumpbackCatalog.class.getName())
                .config("spark.sql.catalog.humpback.model", nano());
    }

    static SparkSession.Builder settings(String master) {
        return SparkSession.builder()
                .master(master)
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "3")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1");
    }

    /** {@return pairs with ids p0, p1, ... of growing length} */
    static List<Row> pairs(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> RowFactory.create(
                        "p" + i,
                        "Where does the " + "old ".repeat(i % 7) + "fox number " + i + " live?",
                        "It lives in the wood, near the river." + " It sleeps by day.".repeat(i % 5)))
                .toList();
    }

    static Dataset<Row> table(SparkSession session, List<Row> rows, int partitions) {
        return session.createDataset(rows, Encoders.row(PAIR)).repartition(partitions);
    }
}
