package io.humpback.spark;

import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Segment;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import io.humpback.internal.LookAhead;
import io.humpback.internal.ReadFaults;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * Cuts pages into segments, as {@link Segmenter#paper} does: rows with file names in, rows with segments out. A file is what {@link
 * WebPages} reads, such as a {@code .warc.gz}, at a path that the executors see; each is read by one task, one page in memory at a
 * time, so that rows are best spread over as many partitions as there are files. The columns are {@code id}, {@code source}, {@code
 * title}, {@code header}, {@code index}, {@code text} and {@code error}; a page or file that cannot be read is a row with an error.
 */
public final class PageSegmenter extends Transformer implements DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private static final StructType SEGMENT = new StructType()
            .add("id", DataTypes.StringType)
            .add("source", DataTypes.StringType)
            .add("title", DataTypes.StringType)
            .add("header", DataTypes.StringType)
            .add("index", DataTypes.IntegerType)
            .add("text", DataTypes.StringType)
            .add("error", DataTypes.StringType);

    private final String uid;
    private final Param<String> pathCol;

    /** With a name of its own. */
    public PageSegmenter() {
        this(Identifiable.randomUID("pageSegmenter"));
    }

    /**
     * With a name, as Spark makes it.
     *
     * @param uid unique among the stages of a program
     */
    public PageSegmenter(String uid) {
        this.uid = uid;
        pathCol = new Param<>(uid, "pathCol", "the column with the names of files, strings", String.class);
        setDefault(pathCol, "path");
    }

    /** {@return what reads a stage that was saved} */
    public static MLReader<PageSegmenter> read() {
        return new DefaultParamsReadable<PageSegmenter>() {}.read();
    }

    /** {@return a stage that was saved} */
    public static PageSegmenter load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
        StructType out = transformSchema(rows.schema());
        return rows.toDF()
                .select(functions.col(getOrDefault(pathCol)))
                .mapPartitions((MapPartitionsFunction<Row, Row>) Segments::new, Encoders.row(out));
    }

    /** The segments of the files of a partition, of which one is open. */
    private static final class Segments extends LookAhead<Row> {

        private final Iterator<Row> files;
        private final Deque<Row> rejected = new ArrayDeque<>();
        private Stream<Page> pages = Stream.empty();
        private Iterator<Segment> segments = Collections.emptyIterator();

        Segments(Iterator<Row> files) {
            this.files = files;
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> pages.close());
        }

        @Override
        protected @Nullable Row advance() {
            while (true) {
                boolean more = segments.hasNext(); // what is rejected on the way comes before it
                if (!rejected.isEmpty()) {
                    return rejected.remove();
                } else if (more) {
                    return row(segments.next());
                }
                pages.close();
                if (!files.hasNext()) {
                    return null;
                }
                Row file = files.next();
                open(file.isNullAt(0) ? null : file.getString(0));
            }
        }

        private void open(@Nullable String name) {
            pages = Stream.empty();
            if (name == null) {
                rejected.add(error("", "path: found null, expected the name of a file"));
            } else {
                try {
                    pages = WebPages.with(rejection -> rejected.add(error(rejection)))
                            .read(path(name));
                } catch (IOException e) {
                    rejected.add(error(name, ReadFaults.reason(e)));
                } catch (DataException | IllegalArgumentException e) {
                    rejected.add(error(name, String.valueOf(e.getMessage())));
                }
            }
            segments = Segmenter.paper().segments(pages, new SegmentFunnel()).iterator();
        }
    }

    /** Spark names local files by their URIs. */
    private static Path path(String name) {
        return name.startsWith("file:") ? Path.of(URI.create(name)) : Path.of(name);
    }

    private static Row row(Segment segment) {
        return RowFactory.create(
                segment.id(),
                segment.source(),
                segment.title(),
                segment.header(),
                segment.index(),
                segment.text(),
                null);
    }

    private static Row error(Rejection rejection) {
        String place = rejection.place();
        return error(rejection.source(), place.isEmpty() ? rejection.reason() : place + ": " + rejection.reason());
    }

    private static Row error(String source, String message) {
        return RowFactory.create(null, source, null, null, null, null, message);
    }

    @Override
    public StructType transformSchema(StructType in) {
        Columns.requireText(in, getOrDefault(pathCol));
        return SEGMENT;
    }

    @Override
    public PageSegmenter copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** {@return the parameter {@code pathCol}} */
    public Param<String> pathCol() {
        return pathCol;
    }

    /** {@return this, with the column of file names} */
    public PageSegmenter setPathCol(String column) {
        set(pathCol, column);
        return this;
    }
}
