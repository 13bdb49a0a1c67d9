package io.humpback.onnx.run;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import io.humpback.model.ModelException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An NVIDIA GPU as its driver tells it, asked before anything is loaded: what is missing on a machine is said at once, and not
 * after minutes of converting weights.
 *
 * @param number from 0
 * @param name the product's
 * @param major of the compute capability, such as 9 of 9.0
 * @param minor of the compute capability
 * @param memory bytes that it has
 */
public record CudaDevice(int number, String name, int major, int minor, long memory) {

    /** The CUDA that ONNX Runtime is built with, as the driver counts: 12.0. */
    private static final int CUDA = 12_000;

    private static final int MAJOR = 75; // the driver's numbers of the two attributes
    private static final int MINOR = 76;
    private static final int NO_DEVICE = 100;
    private static final int NAME_BYTES = 256;

    /** How the system's loader names a library that another one needs. */
    private static final Pattern MISSING = Pattern.compile("(\\S+): cannot open shared object file");

    /**
     * {@return the device, on which models of a kind can run}
     *
     * @param number of the device, from 0
     * @param bfloat16 whether products are in bfloat16, as those of bf16 and int4 are
     * @throws ModelException if it cannot be used; the message names what is missing in a line
     */
    public static CudaDevice usable(int number, boolean bfloat16) {
        try {
            OnnxRuntime.environment();
            if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
                throw unusable(
                        number, "this ONNX Runtime is the one without CUDA, expected the artifact onnxruntime_gpu");
            }
            CudaDevice device = asked(number);
            device.checkKernels(bfloat16);
            loadLibraries(number);
            return device;
        } catch (OrtException e) {
            throw unusable(number, OnnxRuntime.firstLine(e));
        }
    }

    private static void loadLibraries(int number) throws OrtException {
        try {
            OnnxRuntime.options(number, 0).close();
        } catch (ModelException e) {
            Matcher missing = MISSING.matcher(String.valueOf(e.getMessage()));
            if (missing.find()) {
                throw unusable(
                        number,
                        missing.group(1)
                                + " is not found: expected the libraries of CUDA 12 (cudart, cuBLAS, cuRAND) in the"
                                + " path of libraries");
            }
            throw e;
        }
    }

    /** {@return the device as the driver tells it} */
    private static CudaDevice asked(int number) {
        NativeLibrary driver;
        String library = Platform.isWindows() ? "nvcuda" : "libcuda.so.1";
        try {
            driver = NativeLibrary.getInstance(library);
        } catch (UnsatisfiedLinkError e) {
            throw unusable(number, "no NVIDIA driver is installed: " + library + " is not found");
        }
        int fault = call(driver, "cuInit", 0);
        if (fault != 0) {
            throw unusable(
                    number,
                    fault == NO_DEVICE
                            ? "there is no NVIDIA GPU, or this process may not use it"
                            : "the NVIDIA driver fails with error " + fault);
        }
        IntByReference found = new IntByReference();
        call(driver, "cuDriverGetVersion", found);
        if (found.getValue() < CUDA) {
            throw unusable(
                    number,
                    "the NVIDIA driver is for CUDA " + version(found.getValue()) + ", expected one for " + version(CUDA)
                            + " or later");
        }
        call(driver, "cuDeviceGetCount", found);
        if (number >= found.getValue()) {
            throw unusable(number, "the driver has " + found.getValue() + " GPUs, which are numbered from 0");
        }
        call(driver, "cuDeviceGet", found, number);
        int device = found.getValue();
        byte[] name = new byte[NAME_BYTES];
        call(driver, "cuDeviceGetName", name, name.length, device);
        IntByReference major = new IntByReference();
        call(driver, "cuDeviceGetAttribute", major, MAJOR, device);
        IntByReference minor = new IntByReference();
        call(driver, "cuDeviceGetAttribute", minor, MINOR, device);
        LongByReference memory = new LongByReference();
        call(driver, "cuDeviceTotalMem_v2", memory, device);
        String text = new String(name, StandardCharsets.UTF_8);
        return new CudaDevice(
                number,
                text.substring(0, Math.max(0, text.indexOf('\0'))),
                major.getValue(),
                minor.getValue(),
                memory.getValue());
    }

    private static int call(NativeLibrary driver, String function, Object... arguments) {
        return driver.getFunction(function).invokeInt(arguments);
    }

    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    /** ONNX Runtime 1.29 has machine code for capabilities 6 to 9 and 12, and none that a driver could translate. */
    private void checkKernels(boolean bfloat16) {
        boolean has = major >= 6 && major <= 9 || major == 12;
        int least = bfloat16 ? 8 : 6;
        if (!has || major < least) {
            throw unusable(
                    number,
                    name + " has compute capability " + major + "." + minor + ", expected "
                            + (bfloat16 && has
                                    ? "8.0 or later for bf16 and int4 (fp32 runs from 6.0 on)"
                                    : least + ".0 to 9.x or 12.x, which ONNX Runtime 1.29 has code for"));
        }
    }

    private static ModelException unusable(int number, String why) {
        return new ModelException("cuda:" + number + ": " + why);
    }

    /** {@return the memory that computing may take beside weights of a size: most of what they leave} */
    public long memoryBeside(long weights) {
        return Math.max(0, (long) (0.9 * memory) - weights);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s, compute capability %d.%d, %.1f GB", name, major, minor, memory / 1e9);
    }
}
