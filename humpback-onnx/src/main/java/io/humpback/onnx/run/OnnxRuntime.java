package io.humpback.onnx.run;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import io.humpback.internal.OwnThread;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime as all sessions need it: started silently, with options, faults in a line. */
public final class OnnxRuntime {

    private static final String NO_TELEMETRY = "ORT_DISABLE_TELEMETRY";

    /** Address space, of which only what is used takes memory. */
    private static final long LOADING_STACK = 256L << 20;

    private static @Nullable OrtEnvironment environment;

    private OnnxRuntime() {}

    /** {@return the environment of the process, which reports nothing about it to anybody} */
    public static synchronized OrtEnvironment environment() throws OrtException {
        OrtEnvironment started = environment;
        if (started == null) {
            started = withDeepStack(OnnxRuntime::start);
            environment = started;
        }
        return started;
    }

    /**
     * Starts the runtime with its telemetry off. Version 1.29 queues events about the process and its models for an
     * upload, and leaves a device id and a database in the home. It decides so from the environment of the process when
     * its library is loaded, which Java itself cannot change; on Windows {@code setTelemetry} is enough.
     */
    private static OrtEnvironment start() throws IOException {
        if (!Platform.isWindows() && System.getenv(NO_TELEMETRY) == null) {
            try {
                Function.getFunction("c", "setenv").invokeInt(new Object[] {NO_TELEMETRY, "1", 1});
            } catch (LinkageError e) {
                System.getLogger(OnnxRuntime.class.getName())
                        .log(
                                Level.WARNING,
                                "{0} could not be set: {1}; set it to 1 before the JVM starts, or ONNX Runtime"
                                        + " collects telemetry",
                                NO_TELEMETRY,
                                firstLine(e));
            }
        }
        RuntimeLibrary.unpack();
        OrtEnvironment started = OrtEnvironment.getEnvironment();
        try {
            started.setTelemetry(false);
        } catch (OrtException e) {
            throw new ModelException("ONNX Runtime keeps its telemetry on: " + firstLine(e), e);
        }
        return started;
    }

    /**
     * {@return a session on a graph's file} Opening it cannot be interrupted, and takes seconds.
     *
     * @throws CancellationException if the thread is interrupted before
     */
    public static OrtSession open(Path graph, OrtSession.SessionOptions options) throws OrtException {
        OrtEnvironment started = environment();
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
        return withDeepStack(() -> started.createSession(graph.toString(), options));
    }

    /** {@return options of a session on a CUDA device, or on the CPU if its number is -1; to be closed} */
    public static OrtSession.SessionOptions options(int cuda, int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        try {
            if (cuda >= 0) {
                addCuda(options, cuda);
            } else if (threads > 0) {
                options.setIntraOpNumThreads(threads);
            }
            // bfloat16 weights become floats while loading, however large
            options.addConfigEntry("optimization.constant_folding_max_output_size_in_bytes", "0");
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
        }
    }

    /**
     * {@return what a task of the runtime gives, run on a thread with room for deep recursion} When ONNX Runtime 1.29 starts
     * it recurses once a character of the process's command line, so that a long class path overflows the default stack of
     * a thread of the JVM and ends the process; when it opens a graph it recurses over its depth.
     */
    private static <T> T withDeepStack(Callable<T> callable) throws OrtException {
        try {
            return OwnThread.call("humpback-open", LOADING_STACK, callable);
        } catch (ExecutionException e) {
            Throwable cause = requireNonNull(e.getCause());
            if (cause instanceof ExceptionInInitializerError start && start.getCause() != null) {
                cause = start.getCause();
            }
            if (cause instanceof OrtException failed) {
                throw failed;
            }
            if (cause instanceof CancellationException || isEnding()) {
                throw new CancellationException("the JVM is ending");
            }
            if (cause instanceof RuntimeException && cause.getCause() instanceof IOException reason) {
                cause = reason;
            }
            throw new ModelException("ONNX Runtime cannot start: " + firstLine(cause), cause);
        }
    }

    /** Whether the JVM has begun to end: then the runtime's own files and hooks cannot be registered any more. */
    private static boolean isEnding() {
        Thread hook = new Thread();
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            Runtime.getRuntime().removeShutdownHook(hook);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    private static void addCuda(OrtSession.SessionOptions options, int cuda) {
        try (OrtCUDAProviderOptions provider = cudaProvider(cuda)) {
            options.addCUDA(provider);
            // makes a softmax that needs cuDNN of a sum and one that needs none
            options.addConfigEntry("optimization.disable_specified_optimizers", "BiasSoftmaxFusion");
            // products with weights in 4 or 8 bits as they are, instead of expanding the weights for larger batches
            options.addConfigEntry("ep.cuda.fpa_intb_gemm", "1");
        } catch (IOException e) {
            throw new ModelException("cuda:" + cuda + ": " + firstLine(e), e);
        } catch (OrtException | UnsatisfiedLinkError e) {
            throw new ModelException(
                    "cuda:" + cuda
                            + ": ONNX Runtime found no usable CUDA there (it needs the artifact onnxruntime_gpu, an NVIDIA"
                            + " driver, CUDA 12 and its libraries): " + firstLine(e),
                    e);
        }
    }

    private static OrtCUDAProviderOptions cudaProvider(int cuda) throws IOException, OrtException {
        RuntimeLibrary.unpackCuda();
        OrtCUDAProviderOptions provider = new OrtCUDAProviderOptions(cuda);
        try {
            provider.add("use_tf32", "0"); // products of 32-bit floats have 24 bits, not 11
            return provider;
        } catch (OrtException | RuntimeException e) {
            provider.close();
            throw e;
        }
    }

    /** {@return the part of a fault's message that fits a line} */
    public static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** Closes a session if there is one. */
    public static void close(@Nullable OrtSession session) {
        if (session != null) {
            try {
                session.close();
            } catch (OrtException e) {
                throw new ModelException("closing the session: " + firstLine(e), e);
            }
            trim();
        }
    }

    /** Gives memory that is free back to the system: glibc keeps some, up to hundreds of megabytes after a large session. */
    private static void trim() {
        if (Platform.isLinux()) {
            try {
                Function.getFunction("c", "malloc_trim").invokeInt(new Object[] {0});
            } catch (UnsatisfiedLinkError e) {
                // another C library, which needs no such call
            }
        }
    }

    /** {@return a buffer outside the heap, as the runtime reads and writes in place} */
    public static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
