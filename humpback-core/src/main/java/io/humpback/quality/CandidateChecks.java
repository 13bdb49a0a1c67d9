package io.humpback.quality;

import static io.humpback.internal.Arguments.require;

import io.humpback.quality.Drop.Reason;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Checks an instruction that a model wrote for a text. Backward models are known to repeat their own prompt or the
 * text: in one public reproduction 28 % and 37 % of the rows. In this order:
 *
 * <ul>
 *   <li><b>empty</b>: no text at all;
 *   <li><b>truncated</b>: the model was stopped before it had finished, or the last word or sign is one that no request
 *       ends with, such as a comma, an opening bracket or "the";
 *   <li><b>too short</b>: fewer letters and digits than {@code minLetters};
 *   <li><b>prompt leaked</b>: {@value #LEAKED_RUN} consecutive words of the prompt, or {@code copiedShare} of the words
 *       in runs of at least {@value #RUN} that stand in it; a tag of the prompt; or talk of "the given text", which whoever
 *       reads the instruction alone does not have;
 *   <li><b>response copied</b>: {@code copiedRun} consecutive words of the response, or {@code copiedShare} of the words
 *       in runs of at least {@value #RUN} that stand in it;
 *   <li><b>not a request</b>: no question mark, no clause that begins with a word that begins questions or requests,
 *       and no phrase such as "I need". The words are English.
 * </ul>
 *
 * @param minLetters letters and digits an instruction has at least; at least 1
 * @param copiedRun number of consecutive words of the response that count as a copy; at least {@value #RUN}
 * @param copiedShare so large a share of the instruction's words in common runs is a copy; in (0, 1]
 * @param englishRequests whether to ask for the form of an English request; false for other languages
 */
public record CandidateChecks(int minLetters, int copiedRun, double copiedShare, boolean englishRequests) {

    /** Common runs shorter than this, such as names and set phrases, are no sign of copying. */
    static final int RUN = 4;

    /** A prompt is known, and unlike a text is no source of names: this number of its words in a row is no accident. */
    static final int LEAKED_RUN = 8;

    private static final Pattern TAG = Pattern.compile(
            "<\\s*+/?+\\s*+(?:instruction|response|text)(?:-\\d{1,9})?+\\s*+>", Pattern.CASE_INSENSITIVE);

    private static final Pattern GIVEN_TEXT = Pattern.compile(
            "\\b(?:this|(?:the )?(?:above|following|given|provided)) (?:text|passage|paragraph|excerpt|article)\\b"
                    + "|\\b(?:text|passage|paragraph|excerpt|article) (?:above|below)\\b",
            Pattern.CASE_INSENSITIVE);

    /** Words that no request ends with. Prepositions and verbs are not among them: "what it is made of". */
    private static final Set<String> DANGLING = Set.of(
            "a", "an", "the", "and", "or", "but", "your", "my", "our", "their", "its", "including", "such", "because");

    private static final String DANGLING_SIGNS = ",;-\u2013\u2014([{&";

    /** Words that come before the one which decides. */
    private static final Set<String> POLITE =
            Set.of("please", "kindly", "now", "then", "first", "briefly", "hi", "hello", "hey");

    /** First words of questions, and imperatives of what assistants are asked. */
    private static final Set<String> BEGINNINGS = Set.of(("""
            what what's which who who's whose whom when where why how can could would will should shall may might must do
            does did is are was were am has have had isn't aren't don't doesn't
            add advise analyse analyze answer apply argue arrange assess assume break brainstorm build calculate categorise
            categorize check choose cite clarify classify come compare compile complete compose compute conduct configure
            consider construct continue contrast convert convince correct count create critique debug decide deduce define
            demonstrate derive describe design detail detect determine develop devise diagnose differentiate discuss distinguish
            divide draft draw edit elaborate enumerate estimate evaluate examine execute expand explain explore express
            extract fill find fix follow formulate generate get give go guess guide help identify illustrate imagine
            implement improve include indicate infer insert install inform instruct interpret introduce investigate invent
            justify keep label let let's link list locate look make map match mention modify name offer optimise optimize
            order organise organize outline output paraphrase parse perform pick plan play point predict prepare present pretend
            produce prompt propose prove provide quote rank rate read recall recommend refactor remove rephrase replace reply
            report research respond restate return review revise rewrite select set share show simplify simulate sketch solve
            sort specify split state suggest sum suppose summarise summarize supply talk teach tell test think trace transform
            translate try turn understand update use using validate verify visualise visualize walk word work write""".split("\\s+")));

    private static final Pattern REQUEST_PHRASE = Pattern.compile(
            "\\b(?:i need|i want|i would like|i'd like|i wish to|i am looking for|i'm looking for|i am trying to"
                    + "|i'm trying to|i have to|i don't know|i wonder|help me|tell me|show me|give me|explain to me"
                    + "|teach me|can you|could you|would you|will you|how to|how do|how can|your task is|you are asked to|you are given|in this task)\\b",
            Pattern.CASE_INSENSITIVE);

    /** Checks every range. */
    public CandidateChecks {
        require(minLetters >= 1, "minLetters", minLetters, "at least 1");
        require(copiedRun >= RUN, "copiedRun", copiedRun, "at least " + RUN);
        require(copiedShare > 0 && copiedShare <= 1, "copiedShare", copiedShare, "in (0, 1]");
    }

    /** {@return at least 8 letters, at most 11 words in a row and less than 0.8 of all in common, an English request} */
    public static CandidateChecks standard() {
        return new CandidateChecks(8, 12, 0.8, true);
    }

    /** {@return a copy with another bound; see {@link #minLetters()}} */
    public CandidateChecks minLetters(int value) {
        return new CandidateChecks(value, copiedRun, copiedShare, englishRequests);
    }

    /** {@return a copy with another bound; see {@link #copiedRun()}} */
    public CandidateChecks copiedRun(int value) {
        return new CandidateChecks(minLetters, value, copiedShare, englishRequests);
    }

    /** {@return a copy with another bound; see {@link #copiedShare()}} */
    public CandidateChecks copiedShare(double value) {
        return new CandidateChecks(minLetters, copiedRun, value, englishRequests);
    }

    /** {@return this, asking for the form of an English request or not; see {@link #englishRequests()}} */
    public CandidateChecks englishRequests(boolean value) {
        return new CandidateChecks(minLetters, copiedRun, copiedShare, value);
    }

    /**
     * {@return why an instruction is no good, or nothing if it passes}
     *
     * @param instruction what a model wrote
     * @param response the text it was written for
     * @param prompt the fixed texts of the prompt: the task, and the examples
     * @param cutOff whether the model was stopped before it had finished the instruction
     */
    public Optional<Drop> check(String instruction, String response, List<String> prompt, boolean cutOff) {
        if (instruction.isBlank()) {
            return dropped(Reason.EMPTY, "no instruction was written");
        }
        Words words = Words.of(instruction);
        if (cutOff) {
            return dropped(Reason.TRUNCATED, "the bound of new tokens was reached");
        }
        String stripped = instruction.strip();
        String last = stripped.substring(stripped.length() - 1);
        if (Character.isLetter(stripped.codePointBefore(stripped.length()))) {
            last = words.list().get(words.size() - 1);
        }
        if (DANGLING_SIGNS.contains(last) || DANGLING.contains(last)) {
            return dropped(Reason.TRUNCATED, "ends in \"" + last + "\"");
        }
        long letters =
                instruction.codePoints().filter(Character::isLetterOrDigit).count();
        if (letters < minLetters) {
            return dropped(Reason.TOO_SHORT, letters + " letters and digits, expected at least " + minLetters);
        }
        if (TAG.matcher(instruction).find()) {
            return dropped(Reason.PROMPT_LEAKED, "contains a tag of the prompt");
        }
        if (GIVEN_TEXT.matcher(instruction).find()) {
            return dropped(Reason.PROMPT_LEAKED, "speaks of a given text");
        }
        for (String text : prompt) {
            Optional<String> copied = copied(words, text, LEAKED_RUN);
            if (copied.isPresent()) {
                return dropped(Reason.PROMPT_LEAKED, copied.get() + " the prompt");
            }
        }
        Optional<String> copied = copied(words, response, copiedRun);
        if (copied.isPresent()) {
            return dropped(Reason.RESPONSE_COPIED, copied.get() + " the response");
        }
        if (englishRequests && !isRequest(instruction)) {
            return dropped(Reason.NOT_A_REQUEST, "neither a question nor the form of a request");
        }
        return Optional.empty();
    }

    private static Optional<Drop> dropped(Reason reason, String detail) {
        return Optional.of(new Drop(reason, detail));
    }

    private Optional<String> copied(Words words, String text, int tooLong) {
        int[] runs = words.runsIn(Words.of(text));
        int longest = 0;
        for (int run : runs) {
            longest = Math.max(longest, run);
        }
        if (longest >= tooLong) {
            return Optional.of(longest + " consecutive words are those of");
        }
        double share = Words.covered(runs, RUN);
        return share >= copiedShare
                ? Optional.of(Math.round(100 * share) + " % of the words stand in runs of")
                : Optional.empty();
    }

    private static boolean isRequest(String instruction) {
        if (instruction.indexOf('?') >= 0 || REQUEST_PHRASE.matcher(instruction).find()) {
            return true;
        }
        for (String sentence : instruction.split("[.!:;,\\n]")) {
            Optional<String> first = Words.of(sentence).list().stream()
                    .filter(word -> !POLITE.contains(word))
                    .findFirst();
            if (first.isPresent() && BEGINNINGS.contains(first.get().replace('\u2019', '\''))) {
                return true;
            }
        }
        return false;
    }
}
