package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What a measure gave.
 *
 * @param measure what was measured
 * @param rates units a second, one a run, ascending; at least one
 * @param peakMebibytes peak of the resident memory while it was measured, where the system tells
 * @param notes what else is to be known of it
 */
public record Figure(Measure measure, List<Double> rates, OptionalLong peakMebibytes, ObjectNode notes) {

    /** Sorts the rates. */
    public Figure {
        double[] sorted = rates.stream().mapToDouble(rate -> rate).sorted().toArray();
        rates = Arrays.stream(sorted).boxed().toList();
    }

    /** {@return the rate in the middle} */
    public double median() {
        int n = rates.size();
        return (rates.get((n - 1) / 2) + rates.get(n / 2)) / 2;
    }

    private double min() {
        return rates.get(0);
    }

    private double max() {
        return rates.get(rates.size() - 1);
    }

    /**
     * {@return all of it}
     *
     * @param precision what the model ran in
     */
    public ObjectNode toJson(String precision) {
        ObjectNode json = JsonLines.object()
                .put("median", median())
                .put("min", min())
                .put("max", max())
                .put("unit", measure.unit())
                .put("runs", rates.size())
                .put("precision", precision);
        peakMebibytes.ifPresent(peak -> json.put("peak_mib", peak));
        return json.setAll(notes);
    }

    /** {@return such as {@code prefill_512  2550 tokens/s (2511 to 2580 in 3 runs), peak 812 MiB}} */
    @Override
    public String toString() {
        return String.format(
                        Locale.ROOT,
                        "%-14s %9.2f %s (%.2f to %.2f in %d runs)",
                        measure.key(),
                        median(),
                        measure.unit(),
                        min(),
                        max(),
                        rates.size())
                + (peakMebibytes.isPresent() ? ", peak " + peakMebibytes.getAsLong() + " MiB" : "")
                + (notes.isEmpty() ? "" : " " + notes);
    }
}
