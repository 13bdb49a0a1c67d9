package io.humpback.examples.cli.option;

import io.humpback.model.LanguageModel;
import io.humpback.onnx.Precision;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Models that take one part of the work over from {@code --model}, named as that is. They run on the same device. */
public final class RoleOptions {

    @Option(names = "--writer", paramLabel = "M", description = "Another model that writes the instructions.")
    private @Nullable String writer;

    @Option(names = "--writer-precision", paramLabel = "P", description = "Of the writer; that of --model by default.")
    private @Nullable Precision writerPrecision;

    @Option(names = "--judge-model", paramLabel = "M", description = "Another model that judges, as it is.")
    private @Nullable String judge;

    @Option(
            names = "--judge-adapter",
            paramLabel = "DIR",
            description =
                    "An adapter made for the judge, in PEFT's format, or a whole model trained from it; a folder, or"
                            + " org/name on the hub.")
    private @Nullable String judgeAdapter;

    @Option(names = "--judge-precision", paramLabel = "P", description = "Of the judge; that of --model by default.")
    private @Nullable Precision judgePrecision;

    /** Wrong use of the command if a name is empty, or something is said of a model that is not named. */
    public void check(ModelOptions models) {
        named(models, "--writer", writer);
        named(models, "--judge-model", judge);
        named(models, "--judge-adapter", judgeAdapter);
        if (writer == null && writerPrecision != null) {
            throw models.wrongUse("--writer-precision: found no --writer, expected one");
        }
        if (judge == null && (judgePrecision != null || judgeAdapter != null)) {
            throw models.wrongUse("--judge-precision and --judge-adapter: found no --judge-model, expected one");
        }
    }

    private static void named(ModelOptions models, String option, @Nullable String name) {
        if (name != null) {
            models.named(option, name);
        }
    }

    /** {@return whether another model judges} */
    public boolean hasJudge() {
        return judge != null;
    }

    /** {@return the model that writes if that is another one, with its memory released} */
    public @Nullable LanguageModel writer(ModelOptions models) throws IOException {
        return writer == null ? null : released(models.other(writer, null, writerPrecision));
    }

    /** {@return the model that judges if that is another one, with its memory released} */
    public @Nullable LanguageModel judge(ModelOptions models) throws IOException {
        return judge == null ? null : released(models.other(judge, judgeAdapter, judgePrecision));
    }

    /** Models are all opened at first, so that one that cannot be is told before hours of work with another. */
    private static LanguageModel released(ModelOptions options) throws IOException {
        LanguageModel model = options.load();
        model.release();
        return model;
    }
}
