package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Values;
import io.humpback.onnx.text.template.Lexer.Kind;
import io.humpback.onnx.text.template.Lexer.Token;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads expressions: one method for each binding strength, the loosest first. */
final class Expressions {

    /** The words that stand for values. */
    static final Map<String, Object> CONSTANTS = Map.of(
            "true", true, "True", true, "false", false, "False", false, "none", Values.NONE, "None", Values.NONE);

    /** Expressions within each other. */
    private static final int MAX_DEPTH = 100;

    /** Operators, filters and subscripts in a row. */
    private static final int MAX_CHAIN = 500;

    private final Tokens tokens;
    private int depth;

    /** Names that were read. */
    private Set<String> names = new HashSet<>();

    /** Filters and tests that there are not: an error, but only where it is met if it stands under a condition. */
    private final List<String> unknown = new ArrayList<>();

    Expressions(Tokens tokens) {
        this.tokens = tokens;
    }

    /** {@return the names that were read} From now on they are put into another set. */
    Set<String> names(Set<String> next) {
        Set<String> before = names;
        names = next;
        return before;
    }

    int unknown() {
        return unknown.size();
    }

    void forgive(int before) {
        unknown.subList(before, unknown.size()).clear();
    }

    void demandKnown(int before) {
        if (unknown.size() > before) {
            throw new TemplateError(unknown.get(before));
        }
    }

    private <T> T within(Supplier<T> part) {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError("more than " + MAX_DEPTH + " expressions within each other");
        }
        T result = part.get();
        depth--;
        return result;
    }

    private static void chain(int length) {
        if (length > MAX_CHAIN) {
            throw new TemplateError("more than " + MAX_CHAIN + " operators in a row");
        }
    }

    /** Reads one expression, or several with commas between them, which are a tuple. */
    Expr tuple(boolean conditions) {
        if (tupleEnds()) {
            throw tokens.unexpected("an expression");
        }
        return items(conditions);
    }

    private boolean tupleEnds() {
        Token token = tokens.peek();
        return token.kind() == Kind.PRINT_END || token.kind() == Kind.TAG_END || token.is(")");
    }

    private Expr items(boolean conditions) {
        List<Expr> items = new ArrayList<>();
        boolean tuple = false;
        while (!tupleEnds()) {
            items.add(conditions ? expression() : within(this::or));
            if (!tokens.take(",")) {
                break;
            }
            tuple = true;
        }
        return tuple || items.isEmpty() ? new Expr.TupleOf(items) : items.get(0);
    }

    Expr expression() {
        return within(() -> {
            int before = unknown.size();
            Expr value = or();
            for (int n = 0; tokens.takeName("if"); chain(++n)) {
                Expr test = or();
                Expr otherwise = tokens.takeName("else") ? expression() : null;
                value = new Expr.Conditional(test, value, otherwise);
                forgive(before);
            }
            return value;
        });
    }

    private Expr or() {
        Expr left = and();
        for (int n = 0; tokens.takeName("or"); chain(++n)) {
            left = new Expr.Or(left, and());
        }
        return left;
    }

    private Expr and() {
        Expr left = not();
        for (int n = 0; tokens.takeName("and"); chain(++n)) {
            left = new Expr.And(left, not());
        }
        return left;
    }

    private Expr not() {
        return tokens.takeName("not") ? new Expr.Not(within(this::not)) : compare();
    }

    private Expr compare() {
        Expr first = sum();
        List<Expr.Comparison> comparisons = new ArrayList<>();
        while (true) {
            Token token = tokens.peek();
            boolean not = token.isName("not") && tokens.peekSecond().isName("in");
            boolean operator = token.kind() == Kind.OPERATOR
                    && List.of("==", "!=", "<", "<=", ">", ">=").contains(token.text());
            if (!not && !operator && !token.isName("in")) {
                return comparisons.isEmpty() ? first : new Expr.Compare(first, comparisons);
            }
            tokens.next();
            if (not) {
                tokens.next();
            }
            chain(comparisons.size());
            comparisons.add(new Expr.Comparison(not ? "not in" : token.text(), sum()));
        }
    }

    private Expr sum() {
        return binary(this::concatenation, "+", "-");
    }

    private Expr concatenation() {
        Expr first = product();
        if (!tokens.peek().is("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (tokens.take("~")) {
            parts.add(product());
        }
        return new Expr.Concat(parts);
    }

    private Expr product() {
        return binary(this::power, "*", "/", "//", "%");
    }

    private Expr power() {
        return binary(() -> unary(true), "**");
    }

    /** Reads operators of one strength, which bind to the left, the power too. */
    private Expr binary(Supplier<Expr> operand, String... operators) {
        Expr left = operand.get();
        for (int n = 0; ; chain(++n)) {
            Token token = tokens.peek();
            if (token.kind() != Kind.OPERATOR || !List.of(operators).contains(token.text())) {
                return left;
            }
            tokens.next();
            left = new Expr.Binary(token.text(), left, operand.get());
        }
    }

    private Expr unary(boolean filters) {
        Token token = tokens.peek();
        Expr value;
        if (tokens.take("-") || tokens.take("+")) {
            value = new Expr.Sign(token.text(), within(() -> unary(false)));
        } else {
            value = primary();
        }
        value = postfix(value);
        return filters ? filters(value) : value;
    }

    private Expr primary() {
        Token token = tokens.next();
        switch (token.kind()) {
            case NAME:
                Object constant = CONSTANTS.get(token.text());
                if (constant == null) {
                    names.add(token.text());
                }
                return constant == null ? new Expr.Name(token.text()) : new Expr.Literal(constant);
            case NUMBER:
                return new Expr.Literal(Objects.requireNonNull(token.value()));
            case STRING:
                StringBuilder text = new StringBuilder(token.text());
                while (tokens.peek().kind() == Kind.STRING) {
                    text.append(tokens.next().text());
                }
                return new Expr.Literal(text.toString());
            default:
                break;
        }
        if (token.is("(")) {
            Expr items = items(true);
            tokens.expect(")");
            return items;
        }
        if (token.is("[")) {
            List<Expr> items = new ArrayList<>();
            listed("]", () -> items.add(expression()));
            return new Expr.ListOf(items);
        }
        if (token.is("{")) {
            List<Expr> keys = new ArrayList<>();
            List<Expr> values = new ArrayList<>();
            listed("}", () -> {
                keys.add(expression());
                tokens.expect(":");
                values.add(expression());
            });
            return new Expr.DictOf(keys, values);
        }
        throw new TemplateError("unexpected '" + token.text() + "'");
    }

    /** Reads parts with commas between them, one at the end allowed. */
    private void listed(String end, Runnable part) {
        for (boolean first = true; !tokens.take(end); first = false) {
            if (!first) {
                tokens.expect(",");
                if (tokens.take(end)) {
                    return;
                }
            }
            part.run();
        }
    }

    private Expr postfix(Expr value) {
        for (int n = 0; ; chain(++n)) {
            if (tokens.take(".")) {
                Token name = tokens.next();
                if (name.kind() == Kind.NAME) {
                    value = new Expr.Attribute(value, name.text());
                } else if (name.value() instanceof Long) {
                    value = new Expr.Item(value, new Expr.Literal(name.value()));
                } else {
                    throw new TemplateError("expected a name or number, found '" + name.text() + "'");
                }
            } else if (tokens.take("[")) {
                List<Expr> keys = new ArrayList<>();
                do {
                    keys.add(subscript());
                } while (tokens.take(","));
                tokens.expect("]");
                value = new Expr.Item(value, keys.size() == 1 ? keys.get(0) : new Expr.TupleOf(keys));
            } else if (tokens.peek().is("(")) {
                value = new Expr.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expr subscript() {
        Expr start = tokens.peek().is(":") ? null : expression();
        if (start != null && !tokens.peek().is(":")) {
            return start;
        }
        Expr stop = bound();
        return new Expr.SliceOf(start, stop, tokens.peek().is(":") ? bound() : null);
    }

    private @Nullable Expr bound() {
        tokens.expect(":");
        Token token = tokens.peek();
        return token.is(":") || token.is("]") || token.is(",") ? null : expression();
    }

    private Expr.Arguments arguments() {
        List<Expr> positional = new ArrayList<>();
        List<String> keywords = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        Expr[] spread = new Expr[2];
        tokens.expect("(");
        listed(")", () -> {
            if (tokens.take("*")) {
                ordered(spread[0] == null && spread[1] == null);
                spread[0] = expression();
            } else if (tokens.take("**")) {
                ordered(spread[1] == null);
                spread[1] = expression();
            } else if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().is("=")) {
                String name = tokens.name();
                tokens.next();
                ordered(spread[1] == null && !keywords.contains(name));
                keywords.add(name);
                values.add(expression());
            } else {
                ordered(spread[0] == null && spread[1] == null && keywords.isEmpty());
                positional.add(expression());
            }
        });
        return new Expr.Arguments(positional, keywords, values, spread[0], spread[1]);
    }

    private static void ordered(boolean right) {
        if (!right) {
            throw new TemplateError("arguments of a call out of order or given twice");
        }
    }

    /** Reads the filters, tests and calls that follow a value. */
    Expr filters(Expr value) {
        for (int n = 0; ; chain(++n)) {
            if (tokens.take("|")) {
                value = filterOf(value);
            } else if (tokens.takeName("is")) {
                value = test(value);
            } else if (tokens.peek().is("(")) {
                value = new Expr.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    /** Reads the name of a filter and the filters that follow it. */
    Expr piped(Expr value) {
        Expr filtered = filterOf(value);
        for (int n = 0; tokens.take("|"); chain(++n)) {
            filtered = filterOf(filtered);
        }
        return filtered;
    }

    private Expr filterOf(Expr value) {
        String name = dotted();
        Filters.Filter filter = Filters.ALL.get(name);
        if (filter == null) {
            unknown.add("no filter named '" + name + "'");
        }
        return new Expr.Filtered(value, name, filter, tokens.peek().is("(") ? arguments() : Expr.Arguments.NONE);
    }

    private String dotted() {
        StringBuilder name = new StringBuilder(tokens.name());
        while (tokens.take(".")) {
            name.append('.').append(tokens.name());
        }
        return name.toString();
    }

    private Expr test(Expr value) {
        boolean not = tokens.takeName("not");
        String name = dotted();
        Checks.Check check = Checks.ALL.get(name);
        if (check == null) {
            unknown.add("no test named '" + name + "'");
        }
        Expr test = new Expr.Test(value, name, check, testArguments());
        return not ? new Expr.Not(test) : test;
    }

    /** Reads the arguments of a test, which may be one value without parentheses. */
    private Expr.Arguments testArguments() {
        Token token = tokens.peek();
        if (token.is("(")) {
            return arguments();
        }
        boolean value =
                switch (token.kind()) {
                    case NAME -> !Set.of("else", "or", "and").contains(token.text());
                    case STRING, NUMBER -> true;
                    default -> token.is("[") || token.is("{");
                };
        if (!value) {
            return Expr.Arguments.NONE;
        }
        if (token.isName("is")) {
            throw new TemplateError("tests cannot be chained with is");
        }
        return new Expr.Arguments(List.of(postfix(primary())), List.of(), List.of(), null, null);
    }
}
