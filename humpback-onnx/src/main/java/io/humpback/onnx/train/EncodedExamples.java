package io.humpback.onnx.train;

import io.humpback.internal.Sha256;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.TooLong;
import io.humpback.onnx.text.ExampleEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Examples as token ids, in their order.
 *
 * @param all those that can be learnt, not empty
 * @param cut how many of them have lost the ends of their completions
 * @param tooLong how many others were left out, being too long
 * @param unlabelled how many others were left out, having nothing to predict
 */
public record EncodedExamples(List<EncodedExample> all, int cut, int tooLong, int unlabelled) {

    /**
     * {@return examples as ids of a vocabulary, no longer than the plan's limit and the model's context}
     *
     * @throws ModelException if an example cannot be encoded, or nothing is left to learn
     */
    public static EncodedExamples of(
            List<TrainingExample> examples, ExampleEncoder encoder, TrainingPlan plan, int context, int vocabulary) {
        List<EncodedExample> rows = new ArrayList<>(examples.size());
        int limit = Math.min(plan.batching().maxTokens(), context);
        int cut = 0;
        int tooLong = 0;
        int unlabelled = 0;
        for (TrainingExample example : examples) {
            ExampleEncoder.Encoding encoded = encoded(example, encoder, vocabulary);
            int prompt = Math.max(1, encoded.prompt()); // nothing comes before the first token to predict it from
            int length = encoded.ids().length;
            if (prompt >= length) {
                unlabelled++;
            } else if (length <= limit) {
                rows.add(new EncodedExample(example.id(), encoded.ids(), prompt));
            } else if (plan.batching().tooLong() == TooLong.CUT && prompt < limit) {
                rows.add(new EncodedExample(example.id(), Arrays.copyOf(encoded.ids(), limit), prompt));
                cut++;
            } else {
                tooLong++;
            }
        }
        if (rows.isEmpty()) {
            throw new ModelException("examples: " + examples.size() + " given, " + tooLong + " of more than " + limit
                    + " tokens, " + unlabelled + " with nothing to predict: expected at least one that can be learnt");
        }
        return new EncodedExamples(List.copyOf(rows), cut, tooLong, unlabelled);
    }

    private static ExampleEncoder.Encoding encoded(TrainingExample example, ExampleEncoder encoder, int vocabulary) {
        ExampleEncoder.Encoding encoded;
        try {
            encoded = encoder.encode(example.continuation());
        } catch (ModelException e) {
            throw new ModelException("example " + example.id() + ": " + e.getMessage(), e);
        }
        for (int id : encoded.ids()) {
            if (id < 0 || id >= vocabulary) {
                throw new ModelException(
                        "example " + example.id() + ": token id " + id + ", expected 0 to " + (vocabulary - 1));
            }
        }
        return encoded;
    }

    /** {@return the SHA-256 of all ids and places, in hexadecimal digits} */
    public String fingerprint() {
        MessageDigest digest = Sha256.digest();
        for (EncodedExample row : all) {
            byte[] id = row.id().getBytes(StandardCharsets.UTF_8);
            int[] ids = row.ids();
            ByteBuffer bytes = ByteBuffer.allocate(3 * Integer.BYTES + id.length + ids.length * Integer.BYTES);
            bytes.putInt(id.length).put(id).putInt(row.prompt()).putInt(ids.length);
            bytes.asIntBuffer().put(ids);
            digest.update(bytes.array());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
