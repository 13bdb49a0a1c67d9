package io.humpback.examples.label;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.label.Draw.Stratum;
import io.humpback.quality.Agreement;
import io.humpback.quality.Bootstrap;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Detection;
import java.util.List;

/** What labels say so far, of the judge and of other people's labels. */
final class Known {

    /** Labels of a kind from which on a resampled interval says something. */
    private static final int ENOUGH = 3;

    private Known() {}

    /** A pair's label beside its score. */
    record Labelled(double score, int stratum, boolean good) {}

    /** {@return how well the scores tell good pairs from bad, and what each stratum has shown} */
    static ObjectNode of(List<Labelled> labels, List<Stratum> strata, long seed) {
        long good = labels.stream().filter(Labelled::good).count();
        ObjectNode known = JsonLines.row().put("labels", labels.size()).put("good", good);
        double[] scores = labels.stream().mapToDouble(Labelled::score).toArray();
        double[] truths =
                labels.stream().mapToDouble(label -> label.good() ? 1 : 0).toArray();
        if (good >= ENOUGH && labels.size() - good >= ENOUGH) {
            Agreement all = Agreement.of(scores, truths);
            Interval interval = Bootstrap.of(seed)
                    .intervals(all.rows(), rows -> new double[] {auc(all.on(rows))})
                    .get(0);
            known.putObject("roc_auc")
                    .put("value", auc(all))
                    .put("low", interval.low())
                    .put("high", interval.high());
        }
        strata(known.putArray("strata"), labels, strata);
        return known;
    }

    private static double auc(Agreement some) {
        Detection detection = some.detecting(1);
        return detection.rocAuc();
    }

    /**
     * Lists the strata, and marks the one whose next label tells most of the share of good pairs: that with the largest fall
     * of N^2 p(1 - p)/n by one more label (Neyman's allocation), p being smoothed by a good and a bad pair.
     */
    private static void strata(ArrayNode to, List<Labelled> labels, List<Stratum> strata) {
        ObjectNode most = null;
        double gain = 0;
        for (int i = strata.size() - 1; i >= 0; i--) {
            int number = i;
            Stratum stratum = strata.get(i);
            if (stratum.pairs() == 0) {
                continue;
            }
            long given =
                    labels.stream().filter(label -> label.stratum() == number).count();
            long good = labels.stream()
                    .filter(label -> label.stratum() == number && label.good())
                    .count();
            ObjectNode row = to.addObject()
                    .put("from", stratum.low())
                    .put("to", stratum.high())
                    .put("pairs", stratum.pairs())
                    .put("labels", given)
                    .put("good", good);
            double p = (good + 1.0) / (given + 2.0);
            double spread = (double) stratum.pairs() * stratum.pairs() * p * (1 - p);
            double fall = spread / ((given + 1.0) * (given + 2.0));
            if (fall > gain && given < stratum.pairs()) {
                gain = fall;
                most = row;
            }
        }
        if (most != null) {
            most.put("teaches_most", true);
        }
    }

    /** {@return how far two people agree on the pairs that both have labelled; kappa beside the share of good pairs} */
    static ObjectNode agreement(String with, List<Double> own, List<Double> other, Scale scale) {
        ObjectNode row = JsonLines.row().put("with", with).put("pairs", own.size());
        if (own.size() == 0) {
            return row;
        }
        int shift = scale == Scale.RATING ? 0 : 1; // two categories: the weighted kappa is the plain one
        Agreement agreement = Agreement.of(shifted(own, shift), shifted(other, shift));
        row.put("same", agreement.exact());
        double kappa = agreement.quadraticKappa();
        if (!Double.isNaN(kappa)) {
            row.put("kappa", kappa);
        }
        return row.put("good_own", share(own, scale)).put("good_other", share(other, scale));
    }

    private static double[] shifted(List<Double> labels, int shift) {
        return labels.stream().mapToDouble(label -> label + shift).toArray();
    }

    private static double share(List<Double> labels, Scale scale) {
        return (double) labels.stream().filter(scale::isGood).count() / labels.size();
    }
}
