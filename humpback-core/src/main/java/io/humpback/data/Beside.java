package io.humpback.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are written beside the wanted one and take its place when they are whole. */
final class Beside {

    private Beside() {}

    /** {@return a new name in the folder of the wanted file} */
    static Path temporary(Path wanted) {
        return wanted.resolveSibling("." + wanted.getFileName() + "." + UUID.randomUUID() + ".part");
    }

    /** Puts a complete file in the place of the wanted one, on disk before it is seen there. */
    static void replace(Path temporary, Path wanted) throws IOException {
        try (FileChannel written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(temporary, wanted, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
