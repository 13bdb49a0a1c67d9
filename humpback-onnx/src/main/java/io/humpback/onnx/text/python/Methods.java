package io.humpback.onnx.text.python;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The methods of texts, dicts, lists and tuples. */
public final class Methods {

    private static final Set<String> OF_TEXTS = Set.of(
            "capitalize",
            "casefold",
            "center",
            "count",
            "encode",
            "endswith",
            "expandtabs",
            "find",
            "format",
            "format_map",
            "index",
            "isalnum",
            "isalpha",
            "isascii",
            "isdecimal",
            "isdigit",
            "isidentifier",
            "islower",
            "isnumeric",
            "isprintable",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "maketrans",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rindex",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "translate",
            "upper",
            "zfill");

    private static final Set<String> OF_DICTS = Set.of("copy", "fromkeys", "get", "items", "keys", "values");

    private static final Set<String> OF_LISTS = Set.of("copy", "count", "index");

    /** Those that change their dict or list, which Jinja2's immutable sandbox keeps back. */
    private static final Set<String> CHANGING_DICTS = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private static final Set<String> CHANGING_LISTS =
            Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

    private Methods() {}

    /** A method of a value. */
    record Method(Object self, String name) implements Values.Callable {
        @Override
        public Object call(Rendering rendering, Args args) {
            if (self instanceof Dict dict) {
                return ofDict(rendering, dict, name, args);
            }
            List<Object> items = Values.sequence(self);
            return items != null
                    ? ofList(rendering, items, name, args)
                    : ofText(rendering, Printing.text(rendering, self), name, args);
        }
    }

    /** {@return a method of the value, undefined where it would change it, null where there is none} */
    static @Nullable Object find(Object self, String name) {
        Set<String> known = Set.of();
        Set<String> changing = Set.of();
        if (self instanceof String || self instanceof Values.Markup) {
            known = OF_TEXTS;
        } else if (self instanceof Dict) {
            known = OF_DICTS;
            changing = CHANGING_DICTS;
        } else if (self instanceof List) {
            known = OF_LISTS;
            changing = CHANGING_LISTS;
        } else if (Values.sequence(self) != null && !name.equals("copy")) {
            known = OF_LISTS;
        }
        return known.contains(name)
                ? new Method(self, name)
                : changing.contains(name) ? Undefined.unsafe(self, name) : null;
    }

    private static Object ofDict(Rendering rendering, Dict dict, String name, Args args) {
        switch (name) {
            case "get":
                List<Object> asked = args.plain(name, 1, 2);
                Object value = dict.get(rendering, asked.get(0));
                return value != null ? value : asked.size() > 1 ? asked.get(1) : Values.NONE;
            case "fromkeys":
                List<Object> given = args.plain(name, 1, 2);
                Dict made = new Dict();
                for (Object key : Values.list(rendering, given.get(0))) {
                    made.put(rendering, key, given.size() > 1 ? given.get(1) : Values.NONE);
                }
                return made;
            default:
                break;
        }
        args.plain(name, 0, 0);
        rendering.spend(dict.size());
        switch (name) {
            case "items":
                return new Values.View("dict_items", dict.items());
            case "keys":
                return new Values.View("dict_keys", dict.keys());
            case "values":
                return new Values.View("dict_values", dict.values());
            default:
                Dict copy = new Dict();
                copy.putAll(dict);
                return copy;
        }
    }

    private static Object ofList(Rendering rendering, List<Object> items, String name, Args args) {
        if (name.equals("copy")) {
            args.plain(name, 0, 0);
            rendering.list(items.size());
            return new ArrayList<>(items);
        }
        List<Object> given = args.plain(name, 1, name.equals("index") ? 3 : 1);
        int[] range = given.size() > 1 ? bounds(given, items.size()) : new int[] {0, items.size()};
        int count = 0;
        for (int i = range[0]; i < range[1]; i++) {
            if (Comparing.equal(rendering, items.get(i), given.get(0))) {
                if (name.equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (name.equals("index")) {
            throw new TemplateError(Printing.repr(rendering, given.get(0)) + " is not in list");
        }
        return (long) count;
    }

    private static Object ofText(Rendering rendering, String text, String name, Args args) {
        rendering.read(text.length());
        return switch (name) {
            case "upper" -> rendering.made(Strings.upper(plain(text, name, args)));
            case "lower" -> rendering.made(Strings.lower(plain(text, name, args)));
            case "title" -> rendering.made(Strings.title(plain(text, name, args)));
            case "capitalize" -> rendering.made(Strings.capitalize(plain(text, name, args)));
            case "swapcase" -> rendering.made(Strings.swapCase(plain(text, name, args)));
            case "casefold" -> rendering.made(Strings.lower(Strings.upper(plain(text, name, args))));
            case "isalnum" -> Strings.all(plain(text, name, args), c -> c != '_' && Strings.isWord(c));
            case "isalpha" -> Strings.all(plain(text, name, args), Character::isLetter);
            case "isascii" -> plain(text, name, args).chars().allMatch(c -> c < 0x80);
            case "isdecimal" -> Strings.all(plain(text, name, args), Character::isDigit);
            case "isdigit" -> Strings.all(plain(text, name, args), Strings::isDigit);
            case "isnumeric" -> Strings.all(plain(text, name, args), Strings::isNumeric);
            case "isspace" -> Strings.all(plain(text, name, args), Strings::isSpace);
            case "isprintable" -> plain(text, name, args).codePoints().allMatch(Strings::isPrintable);
            case "isidentifier" ->
                Strings.all(plain(text, name, args), c -> c == '_' || Character.isUnicodeIdentifierPart(c))
                        && (text.startsWith("_") || Character.isUnicodeIdentifierStart(text.codePointAt(0)));
            case "islower" -> Strings.isCase(plain(text, name, args), false);
            case "isupper" -> Strings.isCase(plain(text, name, args), true);
            case "istitle" -> Strings.isTitle(plain(text, name, args));
            case "strip" -> Strings.strip(rendering, text, characters(name, args), true, true);
            case "lstrip" -> Strings.strip(rendering, text, characters(name, args), true, false);
            case "rstrip" -> Strings.strip(rendering, text, characters(name, args), false, true);
            case "removeprefix" -> {
                String prefix = text(args.plain(name, 1, 1).get(0));
                yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = text(args.plain(name, 1, 1).get(0));
                yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }
            case "startswith", "endswith" -> {
                Section section = section(rendering, text, args.plain(name, 1, 3));
                yield starts(
                        rendering,
                        args.positional().get(0),
                        name.equals("startswith") ? section::startsWith : section::endsWith);
            }
            case "find", "index", "rfind", "rindex" -> {
                Section section = section(rendering, text, args.plain(name, 1, 3));
                int found = section.find(text(args.positional().get(0)), name.startsWith("r"));
                if (found < 0 && name.endsWith("index")) {
                    throw new TemplateError("substring not found");
                }
                yield (long) found;
            }
            case "count" ->
                section(rendering, text, args.plain(name, 1, 3))
                        .count(text(args.positional().get(0)));
            case "split", "rsplit" -> split(rendering, text, name, args);
            case "splitlines" -> {
                Object[] ends = args.bind(name, 0, "keepends");
                yield Strings.lines(rendering, text, ends[0] != null && Values.truth(ends[0]));
            }
            case "partition", "rpartition" ->
                partition(rendering, text, name, text(args.plain(name, 1, 1).get(0)));
            case "replace" -> {
                List<Object> given = args.plain(name, 2, 3);
                int count = given.size() > 2 ? Values.small(given.get(2)) : -1;
                yield Strings.replace(rendering, text, text(given.get(0)), text(given.get(1)), count);
            }
            case "join" -> join(rendering, text, args.plain(name, 1, 1).get(0));
            case "center", "ljust", "rjust" -> {
                List<Object> given = args.plain(name, 1, 2);
                String fill = given.size() > 1 ? text(given.get(1)) : " ";
                if (fill.codePointCount(0, fill.length()) != 1) {
                    throw new TemplateError("the fill character must be exactly one character long");
                }
                int side = name.equals("center") ? -1 : name.equals("ljust") ? 0 : 1;
                yield Strings.padded(rendering, text, Values.small(given.get(0)), fill, side);
            }
            case "zfill" -> {
                String sign = text.startsWith("-") || text.startsWith("+") ? text.substring(0, 1) : "";
                int width = Math.max(0, Values.small(args.plain(name, 1, 1).get(0))) - sign.length();
                yield sign + Strings.padded(rendering, text.substring(sign.length()), width, "0", 1);
            }
            case "expandtabs" -> {
                Object[] size = args.bind(name, 0, "tabsize");
                yield expandTabs(rendering, text, size[0] == null ? 8 : Values.small(size[0]));
            }
            case "format" -> Formats.format(rendering, text, args);
            case "format_map" -> {
                if (!(args.plain(name, 1, 1).get(0) instanceof Dict map)) {
                    throw new TemplateError("format_map expects a dict");
                }
                Args named = new Args(List.of(), new java.util.LinkedHashMap<>());
                map.entries().forEach(entry -> named.named().put(entry.getKey().toString(), entry.getValue()));
                yield Formats.format(rendering, text, named);
            }
            default -> throw new TemplateError("the method " + name + " of a text is not supported");
        };
    }

    private static String plain(String text, String name, Args args) {
        args.plain(name, 0, 0);
        return text;
    }

    /** {@return an argument that has to be a text} */
    static String text(Object value) {
        String text = Values.text(value);
        if (text != null) {
            return text;
        }
        throw new TemplateError("expected a str, found " + Values.type(value));
    }

    private static @Nullable String characters(String name, Args args) {
        List<Object> given = args.plain(name, 0, 1);
        return given.isEmpty() || given.get(0) == Values.NONE ? null : text(given.get(0));
    }

    private static boolean starts(Rendering rendering, Object wanted, Predicate<String> test) {
        List<Object> all = wanted instanceof Values.Tuple tuple ? tuple.items() : List.of(wanted);
        return all.stream().anyMatch(one -> {
            rendering.spend(1);
            rendering.read(text(one).length());
            return test.test(text(one));
        });
    }

    /** The part of a text that a search is about, and where it begins. */
    private record Section(Rendering rendering, String text, int start, boolean valid) {

        boolean startsWith(String prefix) {
            return valid && text.startsWith(prefix);
        }

        boolean endsWith(String suffix) {
            return valid && text.endsWith(suffix);
        }

        /** {@return the number of the character where a piece is found, -1 if it is nowhere} */
        int find(String piece, boolean last) {
            rendering.search(text, piece);
            int at = !valid ? -1 : last ? text.lastIndexOf(piece) : text.indexOf(piece);
            return at < 0 ? -1 : start + text.codePointCount(0, at);
        }

        long count(String piece) {
            if (!valid || piece.isEmpty()) {
                return valid ? text.codePointCount(0, text.length()) + 1L : 0;
            }
            rendering.search(text, piece);
            long count = 0;
            for (int at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + piece.length())) {
                count++;
            }
            return count;
        }
    }

    private static Section section(Rendering rendering, String text, List<Object> given) {
        if (given.size() < 2) {
            return new Section(rendering, text, 0, true);
        }
        int length = text.codePointCount(0, text.length());
        int[] range = bounds(given, length);
        boolean valid = range[0] <= range[1] && range[0] <= length;
        String part =
                valid ? text.substring(text.offsetByCodePoints(0, range[0]), text.offsetByCodePoints(0, range[1])) : "";
        return new Section(rendering, part, range[0], valid);
    }

    /** {@return start and end, the second and third argument, which count from the end where they are negative} */
    private static int[] bounds(List<Object> given, int length) {
        int start = given.get(1) == Values.NONE ? 0 : Values.small(given.get(1));
        int end = given.size() < 3 || given.get(2) == Values.NONE ? length : Values.small(given.get(2));
        return new int[] {
            start < 0 ? Math.max(0, start + length) : start, end < 0 ? Math.max(0, end + length) : Math.min(end, length)
        };
    }

    private static Object split(Rendering rendering, String text, String name, Args args) {
        Object[] given = args.bind(name, 0, "sep", "maxsplit");
        int most = given[1] == null ? -1 : Values.small(given[1]);
        boolean right = name.equals("rsplit");
        if (given[0] == null || given[0] == Values.NONE) {
            return Strings.words(rendering, text, most, right);
        }
        return right
                ? Strings.splitRight(rendering, text, text(given[0]), most)
                : Strings.split(rendering, text, text(given[0]), most);
    }

    private static Object partition(Rendering rendering, String text, String name, String separator) {
        boolean right = name.equals("rpartition");
        List<Object> parts = right
                ? Strings.splitRight(rendering, text, separator, 1)
                : Strings.split(rendering, text, separator, 1);
        if (parts.size() == 1) {
            return right ? Values.Tuple.of("", "", text) : Values.Tuple.of(text, "", "");
        }
        return Values.Tuple.of(parts.get(0), separator, parts.get(1));
    }

    private static String join(Rendering rendering, String separator, Object items) {
        StringBuilder out = new StringBuilder();
        Iterator<Object> all = Values.iterate(rendering, items);
        for (boolean first = true; all.hasNext(); first = false) {
            rendering.write(out, first ? "" : separator);
            rendering.write(out, text(all.next()));
            rendering.spend(1);
        }
        return out.toString();
    }

    private static String expandTabs(Rendering rendering, String text, int size) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (int c : text.codePoints().toArray()) {
            if (c == '\t') {
                int blanks = size > 0 ? size - column % size : 0;
                rendering.text(blanks);
                rendering.write(out, " ".repeat(blanks));
                column += blanks;
            } else {
                out.appendCodePoint(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        return out.toString();
    }
}
