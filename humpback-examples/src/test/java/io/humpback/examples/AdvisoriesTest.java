package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** All that the command line is made of, and what tests it, against the advisories in {@code advisories.txt}. */
class AdvisoriesTest {

    private static final List<String> JARS = Stream.of(
                    System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator)))
            .map(jar -> jar.replace('\\', '/'))
            .filter(jar -> jar.endsWith(".jar"))
            .toList();

    /** A line of the list; a version is affected from {@code from}, if that is not empty, up to but without {@code to}. */
    private record Advisory(String artifact, String from, String to, String id, boolean harmless) {

        private static final Pattern LINE = Pattern.compile("(\\S+:\\S+) \\[(\\S*),(\\S+)\\) (\\S+)( .+)?");

        static Advisory of(String line) {
            Matcher found = LINE.matcher(line);
            assertTrue(found.matches(), line);
            return new Advisory(found.group(1), found.group(2), found.group(3), found.group(4), found.group(5) != null);
        }

        boolean affects(String version) {
            Version found = Version.parse(version);
            return (from.isEmpty() || found.compareTo(Version.parse(from)) >= 0)
                    && found.compareTo(Version.parse(to)) < 0;
        }
    }

    private static List<Advisory> advisories() throws IOException {
        try (InputStream list = AdvisoriesTest.class.getResourceAsStream("advisories.txt")) {
            return new String(Objects.requireNonNull(list).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Advisory::of)
                    .toList();
        }
    }

    /** The versions of an artifact on the class path, by where they lie in the local repository. */
    private static List<String> versions(String artifact) {
        int colon = artifact.indexOf(':');
        String folder =
                "/" + artifact.substring(0, colon).replace('.', '/') + "/" + artifact.substring(colon + 1) + "/";
        Pattern place = Pattern.compile(Pattern.quote(folder) + "([^/]+)/[^/]+$");
        return JARS.stream()
                .map(place::matcher)
                .filter(Matcher::find)
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void noDependencyIsAffected() throws IOException {
        List<String> affected = advisories().stream()
                .filter(advisory -> !advisory.harmless())
                .flatMap(advisory -> versions(advisory.artifact()).stream()
                        .filter(advisory::affects)
                        .map(version -> advisory.artifact() + ":" + version + ": " + advisory.id() + ", fixed in "
                                + advisory.to()))
                .toList();
        assertEquals(List.of(), affected);
    }

    @Test
    void everyLineIsOfADependency() throws IOException {
        for (Advisory advisory : advisories()) {
            assertEquals(1, versions(advisory.artifact()).size(), advisory.artifact());
        }
    }

    @Test
    void rangesAreReadAsMavenWritesThem() {
        Advisory advisory = Advisory.of("a:b [2.0,2.5.12) CVE-1");
        for (String version : List.of("2.0", "2.5.6", "2.5.11")) {
            assertTrue(advisory.affects(version), version);
        }
        for (String version : List.of("1.9.5", "2.5.12", "3.0")) {
            assertFalse(advisory.affects(version), version);
        }
        assertTrue(Advisory.of("a:b [,32.0.0) CVE-1").affects("31.1-jre"));
    }
}
