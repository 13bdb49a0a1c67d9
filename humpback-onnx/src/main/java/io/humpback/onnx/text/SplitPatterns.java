package io.humpback.onnx.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The regular expressions that byte-level tokenizers cut text into words with, one after another, and which of them the names of
 * GGUF's {@code tokenizer.ggml.pre} stand for, by llama.cpp's convention (src/llama-vocab.cpp).
 *
 * @param ignoreMerges whether a word that is a token is taken whole, whatever the merges
 * @param addsBos whether the model wants the beginning-of-sequence token first where its file does not say
 * @param patterns what cuts, in their order
 */
record SplitPatterns(boolean ignoreMerges, boolean addsBos, List<String> patterns) {

    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String QWEN35 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String DIGITS = "\\p{N}";

    private static final String THREE_DIGITS = "\\p{N}{1,3}";

    private static final String TEKKEN =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
                    + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
                    + "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String O200K =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|"
                    + "'t|'re|'ve|'m|'ll|'d)?|"
                    + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|"
                    + "'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|"
                    + "\\s+(?!\\S)|\\s+";

    private static final String YOUTU =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|"
                    + "'t|'re|'ve|'m|'ll|'d)?|"
                    + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|"
                    + "'t|'re|'ve|'m|'ll|'d)?|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|"
                    + "\\s+(?!\\S)|\\s+";

    private static final String JAIS2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s{512}(?!\\S)|\\s{256}(?!\\S)|"
            + "\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)|"
            + "\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}";

    private static final String MINICPM5 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}+|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String DEEPSEEK3 = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
            + "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|"
            + "\\s+(?!\\S)|\\s+";

    private static final String SPARK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
            + "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+|[\\r\\n]|\\s+(?!\\S)|"
            + "\\s+";

    private static final String CJK = "[一-龥぀-ゟ゠-ヿ]+";

    private static final String CJK_OLD = "[一-龥ࠀ-一가-퟿]+";

    private static final String BAILING = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

    private static final String SEED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}|"
            + " ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String TURKISH =
            "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" + "\\s+(?!\\S)|\\s+";

    private static final String EXAONE_MOE = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
            + "[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

    private static final String BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+";

    private static final String DEEPSEEK_LETTERS =
            "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";

    private static final String DEEPSEEK_MARKS = "\\s?[!-/:-~！-／：-～‘-‟　-。]+";

    /** Those that cut between a line end and the letter or digit after it. */
    private static final Set<String> CUTTING = Set.of(LLAMA3, QWEN2, QWEN35, GPT2, TEKKEN, O200K);

    private static final Map<String, SplitPatterns> BY_NAME = new HashMap<>();

    static {
        name(
                new SplitPatterns(true, true, List.of(LLAMA3)),
                "llama-bpe",
                "llama3",
                "llama-v3",
                "falcon3",
                "falcon-h1",
                "pixtral",
                "midm-2.0",
                "lfm2",
                "jina-v5-nano");
        name(new SplitPatterns(false, false, List.of(LLAMA3)), "smaug-bpe", "dbrx", "glm4", "chatglm-bpe");
        name(
                new SplitPatterns(false, false, List.of(QWEN2)),
                "qwen2",
                "deepseek-r1-qwen",
                "kormo",
                "f2llmv2",
                "megrez",
                "stablelm2",
                "hunyuan",
                "solar-open",
                "grok-2");
        name(new SplitPatterns(false, false, List.of(QWEN35)), "qwen35");
        name(
                new SplitPatterns(false, false, List.of(DIGITS, GPT2)),
                "smollm",
                "starcoder",
                "refact",
                "command-r",
                "codeshell",
                "exaone",
                "minerva-7b",
                "mellum2");
        name(
                new SplitPatterns(false, false, List.of(GPT2)),
                "gpt-2",
                "default",
                "phi-2",
                "mpt",
                "olmo",
                "jais",
                "trillion",
                "granite-docling",
                "exaone4",
                "gigachat",
                "a.x-4.0",
                "mellum",
                "modern-bert",
                "roberta-bpe",
                "jina-es",
                "jina-de",
                "jina-v2-es",
                "jina-v2-de",
                "jina-v1-en",
                "jina-v2-code");
        name(new SplitPatterns(true, true, List.of(TEKKEN)), "tekken");
        name(new SplitPatterns(false, false, List.of(O200K)), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        name(
                new SplitPatterns(
                        false, false, List.of("[\r\n]", DEEPSEEK_LETTERS, DEEPSEEK_MARKS, "\\s+$", CJK_OLD, "\\p{N}+")),
                "deepseek-llm");
        name(
                new SplitPatterns(false, false, List.of("[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK_OLD, DIGITS)),
                "deepseek-coder");
        name(
                new SplitPatterns(false, false, List.of(THREE_DIGITS, CJK, DEEPSEEK3)),
                "deepseek-v3",
                "hunyuan-dense",
                "joyai-llm",
                "hy_v4");
        name(new SplitPatterns(false, false, List.of(THREE_DIGITS, CJK, SPARK, DIGITS)), "spark2_5");
        name(
                new SplitPatterns(true, false, List.of("[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+", YOUTU)),
                "youtu");
        name(new SplitPatterns(false, false, List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]")), "falcon");
        name(new SplitPatterns(false, false, List.of(JAIS2)), "jais-2");
        name(new SplitPatterns(true, false, List.of(THREE_DIGITS, MINICPM5)), "minicpm5");
        name(new SplitPatterns(false, false, List.of(BAILING)), "bailingmoe", "bailingmoe2", "llada-moe");
        name(new SplitPatterns(false, false, List.of(SEED)), "seed-coder");
        name(new SplitPatterns(false, false, List.of(TURKISH)), "ufakzeka");
        name(new SplitPatterns(false, false, List.of(EXAONE_MOE)), "exaone-moe");
        name(new SplitPatterns(false, false, List.of(BLOOM)), "poro-chat", "bloom", "gpt3-finnish");
        name(new SplitPatterns(false, false, List.of(BLOOM, DIGITS)), "viking");
        name(new SplitPatterns(false, false, List.of("\\p{N}+", "(?=(\\d{3})+(?!\\d))")), "superbpe");
        name(new SplitPatterns(false, false, List.of("\\d{1,3}(?=(?:\\d{3})*\\b)", O200K)), "tiny_aya", "cohere2moe");
        name(new SplitPatterns(false, false, List.of("[^\\n]+|[\\n]+", QWEN2)), "laguna");
        name(
                new SplitPatterns(
                        false,
                        true,
                        List.of(
                                "<sentinel:[0-9]+>",
                                "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                                "([\\t\\n]|    |  )",
                                DIGITS,
                                "[\\p{P}!-/:-@\\[-`{-~]",
                                GPT2)),
                "chameleon");
    }

    private static void name(SplitPatterns patterns, String... names) {
        for (String name : names) {
            BY_NAME.put(name, patterns);
        }
    }

    /** {@return what a name of {@code tokenizer.ggml.pre} stands for, if it is known} */
    static Optional<SplitPatterns> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** {@return whether a regular expression is known to cut between a line end and the letter or digit after it} */
    static boolean cutsAtLineEnds(String pattern) {
        return CUTTING.contains(pattern);
    }
}
