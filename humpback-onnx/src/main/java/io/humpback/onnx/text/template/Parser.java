package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.template.Lexer.Kind;
import io.humpback.onnx.text.template.Lexer.Token;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads the statements of a template; {@link Expressions} reads what stands in them. */
final class Parser {

    /** Statements within each other. */
    private static final int MAX_DEPTH = 200;

    private final Tokens tokens;
    private final Expressions expressions;
    private int depth;

    /** Whether break and continue have a loop here. */
    private boolean inLoop;

    Parser(Tokens tokens) {
        this.tokens = tokens;
        this.expressions = new Expressions(tokens);
    }

    /** {@return the whole template} */
    Stmt template() {
        tokens.read();
        Stmt body = body();
        tokens.expect(Kind.END);
        expressions.demandKnown(0);
        return body;
    }

    /** Reads up to a tag of one of the names, or to the end where there are none; that name is the next token then. */
    private Stmt body(String... ends) {
        deeper();
        List<Stmt> parts = new ArrayList<>();
        while (tokens.peek().kind() != Kind.END) {
            Token token = tokens.next();
            if (token.kind() == Kind.TEXT) {
                parts.add(new Stmt.Text(token.text()));
            } else if (token.kind() == Kind.PRINT) {
                parts.add(new Stmt.Print(token.line(), expressions.tuple(true)));
                tokens.expect(Kind.PRINT_END);
            } else {
                Token name = tokens.peek();
                if (name.kind() == Kind.NAME && List.of(ends).contains(name.text())) {
                    depth--;
                    return Stmt.Sequence.of(parts);
                }
                parts.add(statement(tokens.expect(Kind.NAME)));
                tokens.expect(Kind.TAG_END);
            }
        }
        if (ends.length > 0) {
            throw new TemplateError("unexpected end of template, expected " + String.join(" or ", ends));
        }
        return Stmt.Sequence.of(parts);
    }

    private void deeper() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError("more than " + MAX_DEPTH + " statements within each other");
        }
    }

    /** Reads the rest of a tag and the statements up to the tag that ends it, whose name is taken. */
    private Stmt block(String end) {
        Stmt body = opened(end);
        tokens.next();
        return body;
    }

    private Stmt opened(String... ends) {
        tokens.take(":");
        tokens.expect(Kind.TAG_END);
        return body(ends);
    }

    /** Reads a part with variables of its own, in which a filter or test that is not known is refused at once. */
    private <T> T inner(boolean loop, Supplier<T> part) {
        boolean outer = inLoop;
        int before = expressions.unknown();
        inLoop = loop;
        T result = part.get();
        inLoop = outer;
        expressions.demandKnown(before);
        return result;
    }

    private Stmt statement(Token tag) {
        int line = tag.line();
        return switch (tag.text()) {
            case "set" -> set(line);
            case "if" -> conditional(line);
            case "for" -> loop(line);
            case "macro" -> new Stmt.Define(line, macro(tokens.name(), signature(), "endmacro"));
            case "call" -> call(line);
            case "filter" -> {
                Expr filter = expressions.piped(Stmt.BODY);
                yield new Stmt.Filtered(line, inner(inLoop, () -> block("endfilter")), filter);
            }
            case "with" -> with(line);
            case "block" -> {
                String name = tokens.name();
                tokens.takeName("scoped");
                Stmt body = inner(false, () -> block("endblock"));
                tokens.takeName(name);
                yield new Stmt.Block(line, body);
            }
            case "generation" -> new Stmt.Generation(line, inner(false, () -> block("endgeneration")));
            case "print" -> {
                List<Stmt> parts = new ArrayList<>();
                while (tokens.peek().kind() != Kind.TAG_END) {
                    if (!parts.isEmpty()) {
                        tokens.expect(",");
                    }
                    parts.add(new Stmt.Print(line, expressions.expression()));
                }
                yield Stmt.Sequence.of(parts);
            }
            case "break", "continue" -> {
                if (!inLoop) {
                    throw new TemplateError(tag.text() + " outside of a loop");
                }
                yield new Stmt.Jump(tag.text().equals("break") ? Stmt.Flow.BREAK : Stmt.Flow.CONTINUE);
            }
            case "include", "import", "from", "extends" -> {
                while (tokens.peek().kind() != Kind.TAG_END) {
                    tokens.next();
                }
                yield new Stmt.OtherTemplate(line, tag.text());
            }
            default -> throw new TemplateError("unknown tag '" + tag.text() + "'");
        };
    }

    private Stmt set(int line) {
        Stmt.Target target = target(true);
        if (tokens.take("=")) {
            return new Stmt.Assign(line, target, expressions.tuple(true));
        }
        Expr filter = tokens.take("|") ? expressions.piped(Stmt.BODY) : Stmt.BODY;
        return new Stmt.AssignBody(line, target, inner(inLoop, () -> block("endset")), filter);
    }

    private Stmt conditional(int line) {
        deeper();
        int before = expressions.unknown();
        Expr test = expressions.tuple(false);
        Stmt then = opened("elif", "else", "endif");
        Token end = tokens.next();
        Stmt otherwise = end.isName("elif")
                ? conditional(end.line())
                : end.isName("else") ? block("endif") : Stmt.Sequence.of(List.of());
        expressions.forgive(before);
        depth--;
        return new Stmt.If(line, test, then, otherwise);
    }

    private Stmt loop(int line) {
        Stmt.Target target = target(false);
        tokens.expectName("in");
        Expr items = expressions.tuple(false);
        int before = expressions.unknown();
        Expr test = tokens.takeName("if") ? expressions.expression() : null;
        boolean recursive = tokens.takeName("recursive");
        Stmt body = inner(true, () -> opened("endfor", "else"));
        Stmt otherwise = tokens.next().isName("else")
                ? inner(inLoop && !recursive, () -> block("endfor"))
                : Stmt.Sequence.of(List.of());
        expressions.demandKnown(before);
        return new Stmt.For(line, target, items, test, recursive, body, otherwise);
    }

    private Stmt call(int line) {
        Signature signature = tokens.peek().is("(") ? signature() : new Signature(List.of(), List.of());
        Expr call = expressions.expression();
        if (!(call instanceof Expr.Call)) {
            throw new TemplateError("expected a call");
        }
        return new Stmt.CallBlock(line, (Expr.Call) call, macro("caller", signature, "endcall"));
    }

    /** What a macro takes: names, and what they are where nothing is given, null where there is no such value. */
    private record Signature(List<String> names, List<@Nullable Expr> defaults) {}

    private Signature signature() {
        Signature signature = new Signature(new ArrayList<>(), new ArrayList<>());
        tokens.expect("(");
        while (!tokens.take(")")) {
            if (!signature.names.isEmpty()) {
                tokens.expect(",");
            }
            String name = tokens.name();
            Expr otherwise = tokens.take("=") ? expressions.expression() : null;
            int before = signature.defaults.size() - 1;
            if (signature.names.contains(name)
                    || otherwise == null && before >= 0 && signature.defaults.get(before) != null) {
                throw new TemplateError("parameter " + name + " is there twice or lacks a default");
            }
            signature.names.add(name);
            signature.defaults.add(otherwise);
        }
        return signature;
    }

    private Macro.Definition macro(String name, Signature signature, String end) {
        Set<String> used = new HashSet<>();
        Set<String> outer = expressions.names(used);
        Stmt body = inner(false, () -> block(end));
        outer.addAll(used);
        expressions.names(outer);
        return new Macro.Definition(name, signature.names, signature.defaults, body, used);
    }

    private Stmt with(int line) {
        List<Stmt.Target> targets = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (tokens.peek().kind() != Kind.TAG_END) {
            if (!targets.isEmpty()) {
                tokens.expect(",");
            }
            targets.add(target(false));
            tokens.expect("=");
            values.add(expressions.expression());
        }
        return new Stmt.With(line, targets, values, inner(inLoop, () -> block("endwith")));
    }

    /** Reads what a value is given to. */
    private Stmt.Target target(boolean attributes) {
        List<Stmt.Target> targets = new ArrayList<>();
        boolean tuple = false;
        do {
            if (tuple && tokens.peek().is(")")) {
                break;
            }
            targets.add(oneTarget(attributes));
            tuple |= tokens.peek().is(",");
        } while (tokens.take(","));
        return tuple ? new Stmt.Target.Several(targets) : targets.get(0);
    }

    private Stmt.Target oneTarget(boolean attributes) {
        if (tokens.take("(")) {
            Stmt.Target inner = target(false);
            tokens.expect(")");
            return inner;
        }
        String name = tokens.name();
        if (Expressions.CONSTANTS.containsKey(name) || !attributes && name.equals("loop")) {
            throw new TemplateError("cannot assign to " + name);
        }
        return attributes && tokens.take(".")
                ? new Stmt.Target.Attribute(name, tokens.name())
                : new Stmt.Target.Name(name);
    }
}
