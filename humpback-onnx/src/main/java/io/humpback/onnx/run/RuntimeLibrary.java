package io.humpback.onnx.run;

import ai.onnxruntime.OrtEnvironment;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * Unpacks ONNX Runtime's native libraries among the temporary files. By itself it unpacks them to a folder that a killed
 * process leaves behind, and does not say what could not be written.
 */
final class RuntimeLibrary {

    /** The system property in which ONNX Runtime finds the folder of its libraries. */
    private static final String FOLDER = "onnxruntime.native.path";

    private static boolean unpacked;

    private RuntimeLibrary() {}

    /** Unpacks what the runtime begins with, unless the user has named a folder. */
    static synchronized void unpack() throws IOException {
        if (!unpacked && System.getProperty(FOLDER) == null && isPacked("onnxruntime")) {
            Path folder = TemporaryFiles.newFolder("onnxruntime");
            for (String library : new String[] {"onnxruntime_providers_shared", "onnxruntime", "onnxruntime4j_jni"}) {
                unpack(library, folder);
            }
            System.setProperty(FOLDER, folder.toString());
            unpacked = true;
            sweep(Path.of(System.getProperty("java.io.tmpdir")));
        }
    }

    /** The runtime makes a folder of its own all the same, which then stays empty, and is left by a killed process. */
    private static void sweep(Path temporary) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(temporary, "onnxruntime-java*")) {
            Instant old =
                    Instant.now().minus(Duration.ofMinutes(1)); // in younger ones a process may be about to unpack
            for (Path folder : folders) {
                if (Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(old)) {
                    deleteIfEmpty(folder);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // the next process tries it again
        }
    }

    private static void deleteIfEmpty(Path folder) {
        try {
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            // it is not empty, or somebody else's
        }
    }

    /** Unpacks what it needs for CUDA in addition. */
    static synchronized void unpackCuda() throws IOException {
        if (unpacked) {
            unpack("onnxruntime_providers_cuda", Path.of(System.getProperty(FOLDER)));
        }
    }

    private static boolean isPacked(String library) {
        return OrtEnvironment.class.getResource(resource(library)) != null;
    }

    private static void unpack(String library, Path folder) throws IOException {
        try (InputStream packed = OrtEnvironment.class.getResourceAsStream(resource(library))) {
            if (packed != null) {
                Path file = folder.resolve(fileName(library));
                try {
                    Files.copy(packed, file);
                } catch (FileAlreadyExistsException e) {
                    // unpacked before
                } catch (IOException e) {
                    Files.deleteIfExists(file);
                    throw new IOException(file + " cannot be written: " + e.getMessage(), e);
                }
            }
        }
    }

    private static String fileName(String library) {
        return System.mapLibraryName(library).replace("jnilib", "dylib");
    }

    private static String resource(String library) {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String name = system.contains("mac") ? "osx" : system.contains("win") ? "win" : "linux";
        String processor = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64";
        return "/ai/onnxruntime/native/" + name + "-" + processor + "/" + fileName(library);
    }
}
