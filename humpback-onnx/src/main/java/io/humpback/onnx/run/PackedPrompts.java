package io.humpback.onnx.run;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Prompts one after the other, without padding, and the blocks of a cache that each has. Prompts that begin alike have the
 * same blocks as far as they are equal, in whole blocks: the first of them computes those. At least its last token each prompt computes
 * itself.
 */
final class PackedPrompts implements Prompts {

    private final int blockSize;
    private final boolean sharing;
    private final List<Item> items = new ArrayList<>();
    private final Map<Beginning, Integer> known = new HashMap<>();
    /** For each block the row of its first token. */
    private final List<Integer> firstRows = new ArrayList<>();

    private int tokens;

    /** A block's tokens, and the block before it, or -1. */
    private record Beginning(int before, IntBuffer ids) {}

    private record Item(int[] ids, int shared, int start, int[] blocks) {}

    /**
     * Makes a place without prompts.
     *
     * @param blockSize tokens that a block holds
     * @param sharing whether prompts that begin alike share blocks
     */
    PackedPrompts(int blockSize, boolean sharing) {
        this.blockSize = blockSize;
        this.sharing = sharing;
    }

    /** {@return blocks that some tokens fill} */
    static long blocks(long tokens, int blockSize) {
        return (tokens + blockSize - 1) / blockSize;
    }

    /** Adds a prompt that may grow by some tokens. */
    void add(int[] ids, int growth) {
        int[] blocks = new int[(int) blocks((long) ids.length + growth, blockSize)];
        int shared = sharing ? findShared(ids, blocks) : 0;
        for (int at = shared; at < blocks.length; at++) {
            blocks[at] = firstRows.size();
            firstRows.add(tokens + (at - shared) * blockSize);
            if (sharing && (at + 1) * blockSize <= ids.length) {
                known.putIfAbsent(beginning(ids, at, blocks), blocks[at]);
            }
        }
        items.add(new Item(ids, shared * blockSize, tokens, blocks));
        tokens += ids.length - shared * blockSize;
    }

    /** {@return how many first blocks of a prompt are there, which are filled in} */
    private int findShared(int[] ids, int[] blocks) {
        int shared = 0;
        while ((shared + 1) * blockSize < ids.length) {
            Integer block = known.get(beginning(ids, shared, blocks));
            if (block == null) {
                break;
            }
            blocks[shared++] = block;
        }
        return shared;
    }

    private Beginning beginning(int[] ids, int at, int[] blocks) {
        return new Beginning(at == 0 ? -1 : blocks[at - 1], IntBuffer.wrap(ids, at * blockSize, blockSize));
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public int tokens() {
        return tokens;
    }

    /** {@return the number of blocks that there are} */
    int blocks() {
        return firstRows.size();
    }

    int blockSize() {
        return blockSize;
    }

    @Override
    public int shared(int prompt) {
        return items.get(prompt).shared;
    }

    @Override
    public int row(int prompt, int place) {
        int block = items.get(prompt).blocks[place / blockSize];
        return firstRows.get(block) + place % blockSize;
    }

    /** {@return the tokens that are computed} */
    long[] ids() {
        long[] all = new long[tokens];
        for (Item item : items) {
            for (int i = item.shared; i < item.ids.length; i++) {
                all[item.start + i - item.shared] = item.ids[i];
            }
        }
        return all;
    }

    /** {@return the first row of each prompt, and the number of all} */
    int[] starts() {
        int[] starts = Arrays.copyOf(items.stream().mapToInt(Item::start).toArray(), items.size() + 1);
        starts[items.size()] = tokens;
        return starts;
    }

    /** {@return what an earlier prompt computes of each} */
    int[] past() {
        return items.stream().mapToInt(Item::shared).toArray();
    }

    /** {@return the length of each prompt} */
    long[] lengths() {
        return items.stream().mapToLong(item -> item.ids.length).toArray();
    }

    /** {@return the row of each prompt's last token} */
    long[] lastRows() {
        long[] rows = new long[items.size()];
        Arrays.setAll(rows, i -> row(i, items.get(i).ids.length - 1));
        return rows;
    }

    /** {@return the most tokens that a prompt computes} */
    int mostTokens() {
        return items.stream()
                .mapToInt(item -> item.ids.length - item.shared)
                .max()
                .orElseThrow();
    }

    /** {@return the most blocks that a prompt has} */
    int mostBlocks() {
        return items.stream().mapToInt(item -> item.blocks.length).max().orElseThrow();
    }

    /** {@return each prompt's blocks [prompts, most blocks], filled up with the first one} */
    int[] table() {
        int width = mostBlocks();
        int[] table = new int[items.size() * width];
        for (int i = 0; i < items.size(); i++) {
            int[] blocks = items.get(i).blocks;
            System.arraycopy(blocks, 0, table, i * width, blocks.length);
        }
        return table;
    }
}
