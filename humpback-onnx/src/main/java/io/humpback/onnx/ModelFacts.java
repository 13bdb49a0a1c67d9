package io.humpback.onnx;

import io.humpback.onnx.checkpoint.LlamaConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a model beside its graph. */
interface ModelFacts {

    /** {@return how many tokens prompt and completion may have together} */
    int contextLength();

    /** {@return how many token ids it knows} */
    int vocabulary();

    /** {@return tokens that end a completion} */
    List<Integer> endIds();

    /** {@return a text that identifies weights, tokenizer, template and precision} */
    String fingerprint();

    /** {@return the precision of its weights, to be shown} */
    String precision();

    /** {@return the head of a reward model; null for a model that writes text} */
    LlamaConfig.@Nullable Reward reward();

    /** {@return what makes its tokenizer and chat template} */
    ModelTexts texts();
}
