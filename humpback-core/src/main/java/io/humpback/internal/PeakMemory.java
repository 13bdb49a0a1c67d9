package io.humpback.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The peak of a process's resident memory, where the system reports it: on Linux. */
public final class PeakMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");

    private PeakMemory() {}

    /** Sets the peak back to what is resident now; where that is not possible it stays that of the process. */
    public static void reset() {
        try {
            Files.writeString(CLEAR, "5");
        } catch (IOException e) {
            // not Linux, or not allowed
        }
    }

    /** {@return the peak in bytes since {@link #reset()}; nothing where the system does not tell} */
    public static OptionalLong bytes() {
        return bytes(STATUS);
    }

    /** {@return the peak of another process in bytes so far; nothing where the system does not tell, or it has ended} */
    public static OptionalLong bytes(long pid) {
        return bytes(Path.of("/proc", Long.toString(pid), "status"));
    }

    private static OptionalLong bytes(Path status) {
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
