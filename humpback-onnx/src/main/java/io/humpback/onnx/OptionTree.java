package io.humpback.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Texts that may follow a prompt, as a tree of tokens: each place in it is a beginning of options after which the
 * probabilities of their next tokens are wanted.
 *
 * @param common tokens that all options begin with, the prompt's among them
 * @param size number of options
 * @param branches depth first, so that most continue the one before
 */
record OptionTree(int common, int size, List<Branch> branches) {

    /** Stands for the end of an option in place of a token. */
    static final int END = -1;

    /** Tokens that some options begin with: the number of each, and its next token or {@link #END}. */
    record Branch(int[] before, int[] options, int[] tokens) {}

    /**
     * {@return the tree of some options}
     *
     * @param texts what they say, for messages
     * @param ids each with the prompt's before it
     * @throws IllegalArgumentException if two are the same tokens
     */
    static OptionTree of(List<String> texts, int[][] ids) {
        int common = ids[0].length;
        for (int[] option : ids) {
            int differs = Arrays.mismatch(ids[0], 0, common, option, 0, Math.min(common, option.length));
            common = differs < 0 ? common : differs;
        }
        List<Branch> branches = new ArrayList<>();
        Deque<Group> groups = new ArrayDeque<>();
        groups.push(new Group(common, IntStream.range(0, ids.length).boxed().toList()));
        while (!groups.isEmpty()) {
            Group group = groups.pop();
            Map<Integer, List<Integer>> parts = new LinkedHashMap<>();
            for (int option : group.options) {
                int token = ids[option].length == group.depth ? END : ids[option][group.depth];
                parts.computeIfAbsent(token, any -> new ArrayList<>()).add(option);
            }
            branches.add(branch(group, ids));
            List<Group> children = new ArrayList<>();
            parts.forEach((token, options) -> {
                if (token == END) {
                    requireOne(options, texts);
                } else if (options.size() > 1 || ids[options.get(0)].length > group.depth + 1) {
                    children.add(new Group(group.depth + 1, options));
                }
            });
            for (int i = children.size(); i-- > 0; ) {
                groups.push(children.get(i));
            }
        }
        return new OptionTree(common, ids.length, List.copyOf(branches));
    }

    private static void requireOne(List<Integer> options, List<String> texts) {
        if (options.size() > 1) {
            throw new IllegalArgumentException("options " + texts + ": \"" + texts.get(options.get(0)) + "\" and \""
                    + texts.get(options.get(1)) + "\" are the same tokens in this model's vocabulary");
        }
    }

    /** Options that have their first tokens in common. */
    private record Group(int depth, List<Integer> options) {}

    private static Branch branch(Group group, int[][] ids) {
        int[] options = group.options.stream().mapToInt(Integer::intValue).toArray();
        int[] tokens = Arrays.stream(options)
                .map(option -> ids[option].length == group.depth ? END : ids[option][group.depth])
                .toArray();
        return new Branch(Arrays.copyOf(ids[options[0]], group.depth), options, tokens);
    }

    /** {@return the most tokens that are read at once} */
    int longest() {
        return branches.stream().mapToInt(branch -> branch.before.length).max().orElseThrow();
    }
}
