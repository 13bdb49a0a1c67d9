package io.humpback.onnx.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * What a file system says of a file that changes when the file does.
 *
 * @param text all of it: place, identity, length and times
 * @param latest the latest of its times, in milliseconds since 1970
 */
public record FileStamp(String text, long latest) {

    /** {@return the stamp of a file as it is now} */
    public static FileStamp of(Path file) throws IOException {
        Path real = file.toRealPath();
        BasicFileAttributes found = Files.readAttributes(real, BasicFileAttributes.class);
        FileTime changed = real.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? (FileTime) Files.getAttribute(real, "unix:ctime") // which nobody can set
                : found.creationTime();
        String text = String.join(
                "\n",
                real.toString(),
                String.valueOf(found.fileKey()),
                String.valueOf(found.size()),
                found.lastModifiedTime().toString(),
                changed.toString());
        return new FileStamp(text, Math.max(found.lastModifiedTime().toMillis(), changed.toMillis()));
    }
}
