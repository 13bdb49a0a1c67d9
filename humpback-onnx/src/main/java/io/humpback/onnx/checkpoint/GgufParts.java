package io.humpback.onnx.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A GGUF file that llama.cpp's {@code gguf-split} cut into parts, named {@code x-00001-of-00003.gguf} and so on: the first
 * holds the metadata, each some of the tensors. A count of 0 stands in a file whose parts were merged again.
 */
final class GgufParts {

    private static final String COUNT = "split.count";
    private static final String NUMBER = "split.no";
    private static final String TENSORS = "split.tensors.count";

    /** More than any model is cut into. */
    private static final int MAX_PARTS = 1000;

    private GgufParts() {}

    /** {@return the file at a path, with all other parts if it is the first of several} */
    static Gguf open(Path path) throws IOException {
        Gguf first = Gguf.open(path);
        List<Gguf> opened = new ArrayList<>(List.of(first));
        try {
            long count = number(first, COUNT, 0);
            if (count <= 1) {
                return first;
            }
            require(first, count <= MAX_PARTS, COUNT + " = " + count + ", expected at most " + MAX_PARTS);
            String name = path.getFileName().toString();
            String end = ending(number(first, NUMBER, 0), count);
            require(first, name.endsWith(end), "a part of " + count + ", expected a name that ends in " + end);
            String stem = name.substring(0, name.length() - end.length());
            require(
                    first,
                    number(first, NUMBER, 0) == 0,
                    "not the first part, expected " + stem + ending(0, count) + ", which names the whole model");
            for (int i = 1; i < count; i++) {
                Gguf part = Gguf.open(path.resolveSibling(stem + ending(i, count)));
                opened.add(part);
                require(part, number(part, COUNT, 0) == count, COUNT + " is not that of the first part, " + count);
                require(
                        part,
                        number(part, NUMBER, 0) == i,
                        NUMBER + " = " + number(part, NUMBER, 0) + ", expected " + i);
            }
            Gguf whole = first.with(opened.subList(1, opened.size()));
            long tensors = number(first, TENSORS, whole.names().size());
            require(
                    first,
                    whole.names().size() == tensors,
                    TENSORS + " = " + tensors + ", but all parts hold "
                            + whole.names().size());
            return whole;
        } catch (IOException | RuntimeException | Error e) {
            opened.forEach(Gguf::close);
            throw e;
        }
    }

    private static String ending(long number, long count) {
        return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", number + 1, count);
    }

    private static long number(Gguf file, String key, long otherwise) {
        Object value = file.metadata().get(key);
        require(
                file,
                value == null || value instanceof Long number && number >= 0,
                key + ": expected a whole number from 0 on");
        return value == null ? otherwise : (Long) value;
    }

    private static void require(Gguf file, boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file.path(), otherwise);
        }
    }
}
