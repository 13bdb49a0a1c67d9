package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.template.Lexer.Kind;
import io.humpback.onnx.text.template.Lexer.Token;
import java.util.List;

/** The tokens of a template, read one after another. */
final class Tokens {

    private final Lexer lexer;
    private List<Token> tokens = List.of();
    private int at;

    Tokens(String template) {
        lexer = new Lexer(template);
    }

    /** Cuts the template into tokens. */
    void read() {
        tokens = lexer.tokens();
    }

    /** {@return the line that is read} */
    int line() {
        return tokens.isEmpty() ? lexer.line() : peek().line();
    }

    Token peek() {
        return tokens.get(at);
    }

    /** {@return the token behind the next one} */
    Token peekSecond() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = peek();
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    /** Takes an operator if it is next. */
    boolean take(String operator) {
        return taken(peek().is(operator));
    }

    /** Takes a word if it is next. */
    boolean takeName(String name) {
        return taken(peek().isName(name));
    }

    private boolean taken(boolean found) {
        if (found) {
            next();
        }
        return found;
    }

    Token expect(Kind kind) {
        if (peek().kind() != kind) {
            throw unexpected(kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '));
        }
        return next();
    }

    void expect(String operator) {
        if (!take(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!takeName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    String name() {
        return expect(Kind.NAME).text();
    }

    TemplateError unexpected(String expected) {
        return new TemplateError("expected " + expected + ", found '" + peek().text() + "'");
    }
}
