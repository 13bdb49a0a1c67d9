package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Strings;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Values;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Cuts a template into its text and the tokens of its tags, and takes off the white space that tags swallow. */
final class Lexer {

    enum Kind {
        TEXT,
        PRINT,
        PRINT_END,
        TAG,
        TAG_END,
        NAME,
        STRING,
        NUMBER,
        OPERATOR,
        END
    }

    /**
     * A token.
     *
     * @param text its text; of a string what it stands for
     * @param value the value of a number
     */
    record Token(Kind kind, String text, @Nullable Object value, int line) {
        boolean is(String operator) {
            return kind == Kind.OPERATOR && text.equals(operator);
        }

        boolean isName(String name) {
            return kind == Kind.NAME && text.equals(name);
        }
    }

    private static final Pattern RAW = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-?)%}");
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%}");
    private static final Pattern FLOAT = Pattern.compile(
            "(?<!\\.)(?:\\d+_)*+\\d++(?:(?:\\.(?:\\d+_)*+\\d++)?[eE][+-]?(?:\\d+_)*+\\d++|\\.(?:\\d+_)*+\\d++)");
    private static final Pattern INTEGER = Pattern.compile(
            "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++|[1-9](?:_?\\d)*+|0(?:_?0)*+");
    private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|[=!<>]=|[-+/*%~\\[\\](){}><=.:|,;]");

    /** Digits of a number. */
    private static final int MAX_DIGITS = 1000;

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Character> open = new ArrayDeque<>();
    private int at;
    private int line = 1;

    /** Whether what stands next begins a line, for all that is known from the tag before. */
    private boolean lineBegins = true;

    Lexer(String template) {
        String lines = template.replace("\r\n", "\n").replace('\r', '\n');
        text = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
    }

    /** {@return the line that is read} */
    int line() {
        return line;
    }

    /** {@return the tokens, an END last} */
    List<Token> tokens() {
        while (at < text.length()) {
            int tag = tag();
            if (tag < 0) {
                add(Kind.TEXT, text.substring(at));
                pass(text.length());
            } else {
                tag(tag);
            }
        }
        add(Kind.END, "end of template");
        return tokens;
    }

    /** {@return where the next tag stands, -1 if there is none} */
    private int tag() {
        for (int i = text.indexOf('{', at); i >= 0 && i + 1 < text.length(); i = text.indexOf('{', i + 1)) {
            if ("{%#".indexOf(text.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private void tag(int start) {
        char kind = text.charAt(start + 1);
        char sign = start + 2 < text.length() ? text.charAt(start + 2) : ' ';
        boolean signed = sign == '-' || sign == '+';
        before(start, signed ? String.valueOf(sign) : kind == '{' ? "+" : "");
        Matcher raw = RAW.matcher(text).region(start, text.length());
        if (raw.lookingAt()) {
            pass(raw.end());
            blanks(!raw.group(1).isEmpty());
            raw();
            return;
        }
        pass(start + (signed ? 3 : 2));
        if (kind == '#') {
            comment();
        } else {
            add(
                    kind == '{' ? Kind.PRINT : Kind.TAG,
                    kind == '{' ? "begin of print statement" : "begin of statement block");
            inside(kind == '{');
        }
    }

    /** Adds the text before a tag. */
    private void before(int end, String sign) {
        String data = text.substring(at, end);
        if (sign.equals("-")) {
            data = Strings.strip(data, null, false, true);
        } else if (sign.isEmpty()) {
            int begin = data.lastIndexOf('\n') + 1;
            if ((begin > 0 || lineBegins)
                    && Strings.strip(data.substring(begin), null, true, false).isEmpty()) {
                data = data.substring(0, begin);
            }
        }
        add(Kind.TEXT, data);
        pass(end);
    }

    private void raw() {
        Matcher end = END_RAW.matcher(text);
        if (!end.find(at)) {
            throw new TemplateError("missing end of raw");
        }
        before(end.start(), end.group(1));
        pass(end.end());
        ended(end.group(2));
    }

    private void comment() {
        int end = text.indexOf("#}", at);
        if (end < 0) {
            throw new TemplateError("missing end of comment");
        }
        String sign = end > at && "+-".indexOf(text.charAt(end - 1)) >= 0 ? text.substring(end - 1, end) : "";
        pass(end + 2);
        ended(sign);
    }

    /** Takes off what the end of a tag swallows. */
    private void ended(String sign) {
        if (sign.isEmpty() && at < text.length() && text.charAt(at) == '\n') {
            pass(at + 1);
        }
        blanks(sign.equals("-"));
    }

    private void blanks(boolean all) {
        int end = at;
        while (all && end < text.length() && Strings.isSpace(text.charAt(end))) {
            end++;
        }
        pass(end);
        lineBegins = text.charAt(at - 1) == '\n';
    }

    private void pass(int to) {
        for (; at < to; at++) {
            line += text.charAt(at) == '\n' ? 1 : 0;
        }
    }

    private void add(Kind kind, String token) {
        if (kind != Kind.TEXT || !token.isEmpty()) {
            tokens.add(new Token(kind, token, null, line));
        }
    }

    /** Reads the tokens of a tag and its end. */
    private void inside(boolean print) {
        String close = print ? "}}" : "%}";
        while (at < text.length()) {
            if (open.isEmpty()) {
                char c = text.charAt(at);
                boolean signed = (c == '-' || c == '+' && !print) && text.startsWith(close, at + 1);
                if (signed || text.startsWith(close, at)) {
                    add(
                            print ? Kind.PRINT_END : Kind.TAG_END,
                            print ? "end of print statement" : "end of statement block");
                    pass(at + (signed ? 3 : 2));
                    ended(signed ? String.valueOf(c) : print ? "+" : "");
                    return;
                }
            }
            token();
        }
    }

    private void token() {
        char c = text.charAt(at);
        if (Strings.isSpace(c)) {
            pass(at + 1);
        } else if (c == '\'' || c == '"') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (c == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(at))) {
            name();
        } else {
            operator();
        }
    }

    private void name() {
        int end = at;
        while (end < text.length()
                && (text.charAt(end) == '_' || Character.isUnicodeIdentifierPart(text.codePointAt(end)))) {
            end += Character.charCount(text.codePointAt(end));
        }
        // one object a name, so that maps find it at once
        add(Kind.NAME, text.substring(at, end).intern());
        pass(end);
    }

    private void number() {
        Matcher number = FLOAT.matcher(text).region(at, text.length()).useTransparentBounds(true);
        boolean isFloat = number.lookingAt();
        if (!isFloat) {
            number = INTEGER.matcher(text).region(at, text.length());
            if (!number.lookingAt()) {
                throw new TemplateError("unexpected number");
            }
        }
        String digits = number.group().replace("_", "");
        if (digits.length() > MAX_DIGITS) {
            throw new TemplateError("a number of more than " + MAX_DIGITS + " digits");
        }
        int radix = digits.length() < 2
                ? 10
                : "bB".indexOf(digits.charAt(1)) >= 0
                        ? 2
                        : "oO".indexOf(digits.charAt(1)) >= 0 ? 8 : "xX".indexOf(digits.charAt(1)) >= 0 ? 16 : 10;
        Object value = isFloat
                ? (Object) Double.valueOf(digits)
                : Values.integer(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
        tokens.add(new Token(Kind.NUMBER, digits, value, line));
        pass(number.end());
    }

    private void operator() {
        Matcher operator = OPERATOR.matcher(text).region(at, text.length());
        if (!operator.lookingAt()) {
            throw new TemplateError("unexpected character '" + Character.toString(text.codePointAt(at)) + "'");
        }
        char c = text.charAt(at);
        if ("([{".indexOf(c) >= 0) {
            open.push(")]}".charAt("([{".indexOf(c)));
        } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
            throw new TemplateError("unexpected '" + c + "'");
        }
        add(Kind.OPERATOR, operator.group());
        pass(operator.end());
    }

    private void string(char quote) {
        StringBuilder out = new StringBuilder();
        int i = at + 1;
        while (i < text.length() && text.charAt(i) != quote) {
            i = text.charAt(i) == '\\' && i + 1 < text.length() ? escape(i + 1, out) : plain(i, out);
        }
        if (i >= text.length()) {
            throw new TemplateError("a text without an end");
        }
        tokens.add(new Token(Kind.STRING, out.toString(), null, line));
        pass(i + 1);
    }

    private int plain(int i, StringBuilder out) {
        out.append(text.charAt(i));
        return i + 1;
    }

    /** {@return where it goes on after what follows a backslash} */
    private int escape(int i, StringBuilder out) {
        char c = text.charAt(i);
        int simple = "abfnrtv\\'\"\n".indexOf(c);
        if (simple >= 0) {
            // a backslash at the end of a line joins it to the next one
            out.append(c == '\n' ? "" : "\u0007\b\f\n\r\t\u000b\\'\"".substring(simple, simple + 1));
            return i + 1;
        }
        if (c >= '0' && c <= '7') {
            int end = i + 1;
            while (end < Math.min(i + 3, text.length()) && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                end++;
            }
            out.append((char) Integer.parseInt(text.substring(i, end), 8));
            return end;
        }
        if (c == 'x' || c == 'u' || c == 'U') {
            int end = i + (c == 'x' ? 3 : c == 'u' ? 5 : 9);
            String digits = text.substring(i + 1, Math.min(end, text.length()));
            if (digits.length() != end - i - 1
                    || !digits.matches("[0-9a-fA-F]+")
                    || Long.parseLong(digits, 16) > 0x10FFFF) {
                throw new TemplateError("a truncated escape in a text");
            }
            out.appendCodePoint(Integer.parseInt(digits, 16));
            return end;
        }
        if (c == 'N') {
            int end = text.indexOf('}', i);
            if (end < 0 || text.charAt(i + 1) != '{') {
                throw new TemplateError("a malformed \\N escape in a text");
            }
            try {
                out.appendCodePoint(Character.codePointOf(text.substring(i + 2, end)));
            } catch (IllegalArgumentException e) {
                throw new TemplateError("an unknown name of a character in a text");
            }
            return end + 1;
        }
        // Python turns what is not ASCII into an escape before it reads the backslash
        int point = text.codePointAt(i);
        out.append('\\')
                .append(
                        point < 0x80
                                ? Character.toString(point)
                                : String.format(point < 0x100 ? "x%02x" : point < 0x10000 ? "u%04x" : "U%08x", point));
        return i + Character.charCount(point);
    }
}
