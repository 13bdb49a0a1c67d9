package io.humpback.onnx.run;

/** Prompts that a run reads together, of which some begin with what others compute. */
interface Prompts {

    /** {@return the number of prompts} */
    int size();

    /** {@return the number of tokens that are computed} */
    int tokens();

    /** {@return the first tokens of a prompt that an earlier one computes} */
    int shared(int prompt);

    /** {@return the row that computes the token at a place of a prompt} */
    int row(int prompt, int place);
}
