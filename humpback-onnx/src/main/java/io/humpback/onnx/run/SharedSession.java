package io.humpback.onnx.run;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.ValueInfo;
import io.humpback.model.ModelException;
import io.humpback.onnx.run.Decoder.GraphFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A session of ONNX Runtime that threads use one after the other, in the order in which they ask, as each run takes the
 * whole device. A thread that has its turn may take it again.
 */
public final class SharedSession implements AutoCloseable {

    private final Path model;
    private final int cuda;
    private final int threads;
    private final Map<String, String> entries;
    private final OrtEnvironment environment;
    private @Nullable OrtSession session;
    /** Where a released session is opened from when it is needed again. */
    private @Nullable GraphFile again;

    private final ReentrantLock turn = new ReentrantLock(true);
    private volatile boolean closed;
    private boolean freed;

    private SharedSession(Path model, int cuda, int threads, Map<String, String> entries) throws OrtException {
        this.model = model;
        this.cuda = cuda;
        this.threads = threads;
        this.entries = Map.copyOf(entries);
        environment = OnnxRuntime.environment();
        session = open(model);
    }

    private OrtSession open(Path file) throws OrtException {
        try (OrtSession.SessionOptions options = OnnxRuntime.options(cuda, threads)) {
            for (Map.Entry<String, String> entry : entries.entrySet()) {
                options.addConfigEntry(entry.getKey(), entry.getValue());
            }
            return OnnxRuntime.open(file, options);
        }
    }

    /** What is done with a session while no other thread uses it; its tensors are closed afterwards. */
    @FunctionalInterface
    public interface Computation<T> {
        T run(OrtSession session, TensorScope tensors) throws OrtException;
    }

    /**
     * {@return what is made of the session of a model, which is closed if that fails}
     *
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @throws ModelException if the runtime cannot open the model or the device
     */
    public static <T> T open(Path model, int cuda, int threads, Function<SharedSession, T> then) {
        return open(model, cuda, threads, Map.of(), then);
    }

    /** {@return the same, with further settings of ONNX Runtime's sessions by their keys} */
    public static <T> T open(
            Path model, int cuda, int threads, Map<String, String> entries, Function<SharedSession, T> then) {
        SharedSession opened;
        try {
            opened = new SharedSession(model, cuda, threads, entries);
        } catch (OrtException e) {
            throw cannotOpen(model, e);
        }
        try {
            return then.apply(opened);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static ModelException cannotOpen(Path model, OrtException e) {
        return new ModelException(model + ": ONNX Runtime cannot open it: " + OnnxRuntime.firstLine(e), e);
    }

    /** {@return the session, opened again if it was released; to be called in a turn} */
    private OrtSession session() {
        GraphFile file = again;
        if (file != null) {
            try {
                file.to(this::reopen);
            } catch (IOException e) {
                throw new ModelException(model + ": cannot be opened again: " + e.getMessage(), e);
            }
            again = null;
        }
        return requireNonNull(session);
    }

    private void reopen(Path file) {
        try {
            session = open(file);
        } catch (OrtException e) {
            throw cannotOpen(file, e);
        }
    }

    /** Frees the session's memory while nothing is computed; the next computation opens it again from the same graph. */
    void release(GraphFile file) {
        betweenComputations(() -> {
            if (session != null && !freed) {
                OnnxRuntime.close(session);
                session = null;
                again = file;
            }
        });
    }

    /** {@return the names of the inputs} */
    public Set<String> inputs() {
        return session().getInputNames();
    }

    /** {@return the names of the outputs} */
    public Set<String> outputs() {
        return session().getOutputNames();
    }

    /** {@return type and shape of an input that is there; sizes that it leaves open are negative} */
    public TensorInfo input(String name) {
        return tensor(OrtSession::getInputInfo, name);
    }

    /** {@return type and shape of an output that is there} */
    public TensorInfo output(String name) {
        return tensor(OrtSession::getOutputInfo, name);
    }

    private TensorInfo tensor(Infos infos, String name) {
        if (info(infos, name) instanceof TensorInfo tensor) {
            return tensor;
        }
        throw new ModelException(model + ": " + name + ": expected a tensor");
    }

    /** {@return the shape of an input, in which some axes must have a known size} */
    long[] inputShape(String name, int... known) {
        return shape(OrtSession::getInputInfo, name, known);
    }

    /** {@return the shape of an output, in which some axes must have a known size} */
    long[] outputShape(String name, int... known) {
        return shape(OrtSession::getOutputInfo, name, known);
    }

    @FunctionalInterface
    private interface Infos {
        Map<String, NodeInfo> of(OrtSession session) throws OrtException;
    }

    private long[] shape(Infos infos, String name, int... known) {
        long[] shape = info(infos, name) instanceof TensorInfo tensor ? tensor.getShape() : new long[0];
        for (int axis : known) {
            if (axis >= shape.length || shape[axis] < 1 || shape[axis] > Integer.MAX_VALUE) {
                throw new ModelException(model + ": no graph of inference: " + name + " " + Arrays.toString(shape)
                        + ", expected a known size at axis " + axis);
            }
        }
        return shape;
    }

    private @Nullable ValueInfo info(Infos infos, String name) {
        try {
            NodeInfo info = infos.of(session()).get(name);
            return info == null ? null : info.getInfo();
        } catch (OrtException e) {
            throw new ModelException(model + ": " + OnnxRuntime.firstLine(e), e);
        }
    }

    /** {@return an empty scope, for tensors that live longer than one computation} */
    TensorScope scope() {
        return new TensorScope(environment);
    }

    /**
     * {@return what a caller computes that has the session to itself}
     *
     * @throws CancellationException if the thread is interrupted before
     * @throws IllegalStateException if the session is closed, also while the caller waits
     */
    public <T> T inTurn(Supplier<T> caller) {
        try {
            turn.lockInterruptibly();
        } catch (InterruptedException e) {
            throw new CancellationException("interrupted while waiting for the model");
        }
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            return caller.get();
        } finally {
            turn.unlock();
        }
    }

    /**
     * {@return the result of a computation, {@linkplain #inTurn in its turn}}
     *
     * @param what is computed, for the message of a failure
     */
    public <T> T compute(String what, Computation<T> computation) {
        return inTurn(() -> {
            OrtSession opened = session();
            try (TensorScope tensors = scope()) {
                return computation.run(opened, tensors);
            } catch (OrtException e) {
                throw new ModelException(what + ": " + OnnxRuntime.firstLine(e), e);
            }
        });
    }

    /** Runs something while nothing is computed. */
    void betweenComputations(Runnable task) {
        turn.lock();
        try {
            task.run();
        } finally {
            turn.unlock();
        }
    }

    /** Refuses those who wait, then waits for the computation that runs. Closing twice is harmless. */
    @Override
    public void close() {
        closed = true;
        betweenComputations(() -> {
            if (!freed) {
                freed = true;
                OnnxRuntime.close(session);
            }
        });
    }
}
