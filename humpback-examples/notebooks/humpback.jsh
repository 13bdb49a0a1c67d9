// The library in JShell, with the model that comes with it. In the repository's folder, after mvn package:
// jshell --class-path humpback-examples/target/humpback.jar humpback-examples/notebooks/humpback.jsh

import io.humpback.*
import io.humpback.data.*
import io.humpback.data.file.*
import io.humpback.data.format.Examples
import io.humpback.examples.cli.terminal.*
import io.humpback.examples.nano.Nano
import io.humpback.model.*
import io.humpback.onnx.OnnxModel
import io.humpback.quality.Labels
import io.humpback.report.*
import io.humpback.run.*

var folder = Path.of("humpback-examples/notebooks")
var work = Files.createTempDirectory("humpback")
var nano = OnnxModel.load(Nano.resolve(Path.of("nano")))

// One pair.
Scorer.using(nano).score("What landmark does Nettlemouth have?", "The library is the landmark of Nettlemouth.")

// A table of pairs, each with a label that says whether it is good.
var pairs = new ArrayList<Example>()
try (var rows = JsonLines.read(folder.resolve("pairs.jsonl"), Rejects.refuse())) {
    rows.forEach(row -> pairs.add(new Example(
            row.fields().get("instruction").textValue(), row.fields().get("response").textValue())));
}
var scored = Scorer.using(nano).score(pairs)
scored.stream().limit(5).forEach(each -> System.out.println(each.score() + "  " + each.item().instruction()))

// Their histogram, and how well the scores agree with the labels, as a page with SVG.
var report = RunReport.of("Pairs rated by nano", scored, Labels.read(folder.resolve("pairs.jsonl")))
HtmlReport.write(report, work.resolve("pairs.html"))

// The whole loop: from 16 pairs and three pages to the pairs that are kept, and why.
var seed = Examples.read(folder.resolve("seed.jsonl"), Rejects.refuse()).toList()
var plan = TrainingPlan.lowRank().toBuilder().learningRate(3e-3).batch(8).microBatchTokens(2048).maxTokens(512).steps(10).build()
try (var progress = new RunProgress(Terminal.ofProcess())) {
    Humpback.at(work.resolve("run")).base(nano).seed(seed).corpus(folder.resolve("pages")).rounds(1).keepTopShare(0.5).plan(plan)
            .sampling(Sampling.nucleus(0.9).temperature(0.7).maxTokens(40)).randomSeed(1).listener(progress).run();
}
var run = RunReport.read(work.resolve("run"), Labels.none())
run.funnel().forEach(System.out::println)
HtmlReport.write(run, work.resolve("run.html"))

nano.close()
System.out.println("wrote " + work.resolve("pairs.html") + " and " + work.resolve("run.html"))
/exit
