package io.humpback.spark;

import java.io.Serializable;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;

/**
 * What a session's settings say of its executors.
 *
 * @param isLocal whether there are none, and tasks run in the driver
 * @param cores of an executor; 0 if unknown
 * @param overhead bytes outside the heap that an executor may take before it is killed; {@link Long#MAX_VALUE} if nobody counts
 */
record Cluster(boolean isLocal, int cores, long overhead) implements Serializable {

    private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:,.*)?])?");

    static Cluster of(SparkSession session) {
        RuntimeConfig settings = session.conf();
        String master = settings.get("spark.master", "");
        Matcher local = LOCAL.matcher(master);
        if (local.matches()) {
            String cores = local.group(1) == null ? "1" : local.group(1);
            return new Cluster(
                    true,
                    cores.equals("*") ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(cores),
                    Long.MAX_VALUE);
        }
        int cores = Integer.parseInt(settings.get("spark.executor.cores", "0"));
        return new Cluster(false, cores, overhead(settings, master.toLowerCase(Locale.ROOT)));
    }

    /** What YARN and Kubernetes kill an executor beyond; in a standalone cluster only a setting says so. */
    private static long overhead(RuntimeConfig settings, String master) {
        String set = settings.get("spark.executor.memoryOverhead", "");
        if (!set.isEmpty()) {
            return JavaUtils.byteStringAsMb(set) << 20;
        }
        if (!master.startsWith("yarn") && !master.startsWith("k8s")) {
            return Long.MAX_VALUE;
        }
        double factor = Double.parseDouble(settings.get("spark.executor.memoryOverheadFactor", "0.1"));
        long heap = JavaUtils.byteStringAsMb(settings.get("spark.executor.memory", "1g"));
        return Math.max(384, (long) (factor * heap)) << 20;
    }
}
