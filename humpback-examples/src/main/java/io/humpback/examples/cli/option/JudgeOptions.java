package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Rubric;
import io.humpback.Scorer;
import io.humpback.data.file.JsonLines;
import io.humpback.model.LanguageModel;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How the model judges pairs. */
public final class JudgeOptions {

    @Option(names = "--reasoned", description = "The model writes its reasoning before the rating is read; slow.")
    private boolean reasoned;

    @Option(
            names = "--rubrics",
            paramLabel = "N",
            defaultValue = "1",
            description = "Average over the first N of the rubric and its paraphrases; ${DEFAULT-VALUE} by default.")
    private int rubrics = 1;

    public void check(CommandSpec command) {
        int most = Rubric.paraphrases().size();
        if (rubrics < 1 || rubrics > most) {
            throw new ParameterException(command.commandLine(), "--rubrics = " + rubrics + ": expected 1 to " + most);
        }
    }

    /** {@return whether these are the options that nobody has set} */
    public boolean isDefault() {
        return !reasoned && rubrics == 1;
    }

    /** {@return whether the model writes its reasoning first} */
    public boolean isReasoned() {
        return reasoned;
    }

    public Scorer scorer(LanguageModel model) {
        Scorer scorer = Scorer.using(model).rubrics(chosen());
        return reasoned ? scorer.reasoned() : scorer;
    }

    /** {@return who judged, and by what: the provenance of a score} */
    public ObjectNode provenance(LanguageModel model) {
        ObjectNode judge = JsonLines.row().put("model", model.fingerprint());
        chosen().forEach(rubric -> judge.withArray("rubrics").add(rubric.name()));
        return judge.put("reasoned", reasoned);
    }

    /** {@return the rubrics whose ratings are averaged} */
    public List<Rubric> chosen() {
        return Rubric.paraphrases().subList(0, rubrics);
    }
}
