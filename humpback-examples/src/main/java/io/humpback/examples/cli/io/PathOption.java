package io.humpback.examples.cli.io;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A file or folder that an option names. An empty name, as a shell makes of a variable that is not set, would be the
 * current folder.
 */
public final class PathOption implements ITypeConverter<Path> {

    /** The same for options where {@code -} is standard input or output. */
    public static final class OrStandard implements ITypeConverter<Path> {
        @Override
        public Path convert(String value) {
            return path(value);
        }
    }

    @Override
    public Path convert(String value) {
        if (value.equals("-")) {
            throw new TypeConversionException("found -, expected the name of a file or folder, which ./- is too");
        }
        return path(value);
    }

    private static Path path(String value) {
        if (value.isEmpty()) {
            throw new TypeConversionException("found an empty name, expected that of a file or folder");
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
