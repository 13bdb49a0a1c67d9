package io.humpback.examples.bench.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * This program, to be started once more as its user would.
 *
 * @param words before those of a command
 */
record Program(List<String> words) {

    private static final String MAIN = "io.humpback.examples.Main";

    /** {@return the program by the Java and the jar or class path of this JVM} */
    static Program ofThisJvm() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("java.class.path");
        return new Program(
                isProgram(classPath) ? List.of(java, "-jar", classPath) : List.of(java, "-cp", classPath, MAIN));
    }

    /** {@return whether a class path is one jar that starts this program} */
    static boolean isProgram(String classPath) throws IOException {
        if (!classPath.endsWith(".jar") || !Files.isRegularFile(Path.of(classPath))) {
            return false;
        }
        try (JarFile jar = new JarFile(classPath)) {
            Manifest manifest = jar.getManifest();
            return manifest != null && MAIN.equals(manifest.getMainAttributes().getValue(Attributes.Name.MAIN_CLASS));
        }
    }

    /** {@return the words of a command of the program} */
    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(words);
        all.addAll(command);
        return all;
    }
}
