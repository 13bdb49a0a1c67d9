///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//REPOS mavenlocal,central
//DEPS io.humpback:humpback-examples:0.1.0-SNAPSHOT

import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.nano.Nano;
import io.humpback.onnx.OnnxModel;
import io.humpback.quality.Labels;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import java.nio.file.Path;
import java.util.List;

/**
 * Rates the pairs of a file and writes a page about the scores: {@code jbang Humpback.java pairs.jsonl report.html [model]}, after
 * {@code mvn install -DskipTests}; without jbang {@code java -cp humpback.jar Humpback.java ...}.
 */
class Humpback {

    public static void main(String[] args) throws Exception {
        if (args.length < 2 || args.length > 3) {
            System.err.println("expected: pairs.jsonl report.html [model]");
            System.exit(2);
        }
        Path file = Path.of(args[0]);
        Path model = Nano.resolve(Path.of(args.length == 3 ? args[2] : Nano.NAME));
        try (OnnxModel judge = OnnxModel.load(model);
                var rows = JsonLines.read(file, Rejects.refuse())) {
            List<Example> pairs = rows.map(row -> new Example(
                            row.fields().path("instruction").asText(),
                            row.fields().path("response").asText()))
                    .toList();
            List<Scored<Example>> scored = Scorer.using(judge).score(pairs);
            for (Scored<Example> each : scored) {
                System.out.println((each.score() == null ? each.drop() : each.score()) + "  "
                        + each.item().instruction());
            }
            RunReport report = RunReport.of(String.valueOf(file.getFileName()), scored, Labels.read(file));
            HtmlReport.write(report, Path.of(args[1]));
        }
    }
}
