package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What a benchmark gave.
 *
 * @param key its name
 * @param unit what is counted a second
 * @param rates units a second, one a run, in the order of the runs; at least one
 * @param peakMebibytes peak of the resident memory while it was measured, where the system reports it
 * @param notes what else is known about it
 */
public record Figure(String key, String unit, List<Double> rates, OptionalLong peakMebibytes, ObjectNode notes) {

    /** Copies the rates. */
    public Figure {
        rates = List.copyOf(rates);
    }

    /** {@return the rate in the middle} */
    public double median() {
        double[] sorted = sorted();
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    private double[] sorted() {
        return rates.stream().mapToDouble(rate -> rate).sorted().toArray();
    }

    private double min() {
        return sorted()[0];
    }

    private double max() {
        return sorted()[rates.size() - 1];
    }

    /** {@return all of it} */
    public ObjectNode toJson(String precision) {
        ObjectNode json = JsonLines.row()
                .put("median", median())
                .put("min", min())
                .put("max", max())
                .put("unit", unit)
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
                        key,
                        median(),
                        unit,
                        min(),
                        max(),
                        rates.size())
                + (peakMebibytes.isPresent() ? ", peak " + peakMebibytes.getAsLong() + " MiB" : "")
                + (notes.isEmpty() ? "" : " " + notes);
    }
}
