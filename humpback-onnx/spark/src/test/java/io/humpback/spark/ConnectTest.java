package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.connect.proto.Expression.Literal;
import org.apache.spark.connect.proto.MlOperator;
import org.apache.spark.connect.proto.MlParams;
import org.apache.spark.connect.proto.MlRelation;
import org.apache.spark.ml.Transformer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.runtime.BoxedUnit;

/** A server of Spark Connect in this JVM, and a client that speaks with it by gRPC. */
class ConnectTest {

    private static int port;
    private static SparkSession server;

    @BeforeAll
    static void start() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Sessions.local().stop();
        server = Sessions.localSettings()
                .config("spark.plugins", "org.apache.spark.sql.connect.SparkConnectPlugin")
                .config("spark.connect.grpc.binding.address", "127.0.0.1")
                .config("spark.connect.grpc.binding.port", port)
                .getOrCreate();
    }

    @AfterAll
    static void stop() {
        server.stop();
    }

    private static final String TABLE =
            "SELECT concat('p', id) AS id, concat('Where does fox ', id, ' live?') AS instruction,"
                    + " 'It lives in the wood.' AS response FROM range(12)";

    private static Literal text(String value) {
        return Literal.newBuilder().setString(value).build();
    }

    @Test
    void aJobOverConnectGetsWhatTheSessionGets() {
        List<Row> expected = new PairScorer()
                .setModel(Sessions.nano())
                .transform(server.sql(TABLE))
                .orderBy("id")
                .collectAsList();
        try (org.apache.spark.sql.connect.SparkSession client = org.apache.spark.sql.connect.SparkSession.builder()
                .remote("sc://localhost:" + port)
                .create()) {
            org.apache.spark.sql.connect.Dataset<Row> pairs = client.sql(TABLE);
            MlRelation.Transform.Builder transform = MlRelation.Transform.newBuilder()
                    .setInput(pairs.plan().getRoot())
                    .setTransformer(MlOperator.newBuilder()
                            .setName(PairScorer.class.getName())
                            .setUid("overConnect")
                            .setType(MlOperator.OperatorType.OPERATOR_TYPE_TRANSFORMER))
                    .setParams(MlParams.newBuilder()
                            .putParams("model", text(Sessions.nano()))
                            .putParams(
                                    "threads",
                                    Literal.newBuilder().setInteger(0).build()));
            Dataset<Row> scored = client.newDataFrame(relation -> {
                relation.setMlRelation(MlRelation.newBuilder().setTransform(transform));
                return BoxedUnit.UNIT;
            });
            assertEquals(expected, scored.orderBy("id").collectAsList());
            Row first = client.sql("SELECT humpback.score('Where?', 'It lives in the wood.').value AS value")
                    .head();
            assertEquals(
                    server.sql("SELECT humpback.score('Where?', 'It lives in the wood.').value AS value")
                            .head(),
                    first);
        }
    }

    /** {@return the stages of this package that Connect finds, by their types alone: some of Spark's cannot be made} */
    static Set<String> stages() {
        return ServiceLoader.load(Transformer.class).stream()
                .map(ServiceLoader.Provider::type)
                .filter(type -> type.getPackageName().equals("io.humpback.spark"))
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void connectFindsAllStages() {
        assertEquals(
                Set.of("PairScorer", "InstructionWriter", "PairCurator", "NearDuplicateFilter", "PageSegmenter"),
                stages());
    }
}
