package io.humpback.quality;

import io.humpback.quality.Drop.Reason;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps from a judge what is known to fool judges: a response that is a bare colon or {@code "Thought process:"} was
 * rated right in up to 90 % of cases (Zhao et al. 2025, arXiv 2507.08794). Such a pair is no worse an answer than an
 * empty one, and needs no model to be turned away; nor does a response that only repeats the instruction. {@code "4"} and {@code "B"} are answers and pass.
 */
public final class PairChecks {

    /** A line of no more words than this that ends in a colon announces something, and is nothing by itself. */
    private static final int ANNOUNCEMENT_WORDS = 8;

    /** Of the words of instruction and response alike, in common runs. */
    private static final double COPIED_SHARE = 0.8;

    /** Texts of fewer words are copies only if all their words are the same. */
    private static final int FEW_WORDS = 8;

    /** A copy is at most this many times as long as what it repeats. */
    private static final int MOST_REPEATS = 4;

    private static final Set<String> OPENERS = Set.of(
            "thought process",
            "thinking process",
            "reasoning",
            "explanation",
            "solution",
            "the solution",
            "answer",
            "the answer",
            "the answer is",
            "final answer",
            "my answer",
            "response",
            "my response",
            "result",
            "sure",
            "sure thing",
            "certainly",
            "of course",
            "okay",
            "ok",
            "absolutely",
            "great question",
            "let me think",
            "let me think about this",
            "let me explain",
            "let's think step by step",
            "let us think step by step",
            "let's solve this step by step",
            "let's solve this problem step by step",
            "step by step",
            "here is the answer",
            "here's the answer",
            "here is my answer",
            "here is the solution",
            "here's the solution",
            "i can help with that",
            "i'd be happy to help",
            "i would be happy to help",
            "\u89e3",
            "\u304b\u3044\u305b\u3064",
            "respuesta");

    private PairChecks() {}

    /** {@return why a pair should not be shown to a judge, or nothing if it may be} */
    public static Optional<Drop> check(String instruction, String response) {
        return words("instruction", instruction)
                .or(() -> words("response", response))
                .or(() -> opener(response))
                .or(() -> copy(instruction, response));
    }

    /** Each is nearly all of the other: an answer that quotes its question goes on, one found in its question is shorter. */
    private static Optional<Drop> copy(String instruction, String response) {
        if (Math.max(instruction.length(), response.length())
                > MOST_REPEATS * Math.min(instruction.length(), response.length())) {
            return Optional.empty();
        }
        Words asked = Words.of(instruction);
        Words said = Words.of(response);
        boolean few = Math.min(asked.size(), said.size()) < FEW_WORDS;
        double copied = asked.equals(said) && asked.size() >= CandidateChecks.RUN
                ? 1
                : few ? 0 : Math.min(said.coveredBy(asked), asked.coveredBy(said));
        return copied < COPIED_SHARE
                ? Optional.empty()
                : Optional.of(new Drop(
                        Reason.RESPONSE_COPIED,
                        "response repeats the instruction: " + Math.round(100 * copied)
                                + " % of the words are common"));
    }

    private static Optional<Drop> words(String name, String text) {
        if (Objects.requireNonNull(text, name).isBlank()) {
            return Optional.of(new Drop(Reason.EMPTY, name + " has no text"));
        }
        if (text.codePoints().noneMatch(Character::isLetterOrDigit)) {
            return Optional.of(new Drop(Reason.TOO_SHORT, name + " has no letter and no digit"));
        }
        return Optional.empty();
    }

    private static Optional<Drop> opener(String response) {
        for (String sentence : response.split("[.!?\\n\\r]")) {
            String said = sentence.strip();
            Words words = Words.of(said);
            boolean announces = said.endsWith(":") || said.endsWith("\uff1a");
            boolean empty = words.size() == 0
                    || announces && words.size() <= ANNOUNCEMENT_WORDS
                    || OPENERS.contains(String.join(" ", words.list()).replace('\u2019', '\''));
            if (!empty) {
                return Optional.empty();
            }
        }
        return Optional.of(new Drop(Reason.OPENER_ONLY, "response only announces an answer"));
    }
}
