package io.humpback.onnx.text.template;

import io.humpback.model.ModelException;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Values;
import java.time.Clock;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A chat template, read once and rendered as often as needed. Safe for use from many threads.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">the language</a>
 */
public final class Template {

    /** Characters of a reason that are told. */
    private static final int MAX_REASON = 300;

    private final Stmt body;

    private Template(Stmt body) {
        this.body = body;
    }

    /**
     * Reads a template.
     *
     * @param text the template
     * @return the template
     * @throws ModelException if it is none, with the line at fault
     */
    public static Template parse(String text) {
        Tokens tokens = new Tokens(text);
        return told(() -> new Template(new Parser(tokens).template()), tokens::line);
    }

    /**
     * {@return what the template writes}
     *
     * @param variables texts, truth values, numbers, and lists and maps of these; maps keep their order
     * @param clock what {@code strftime_now} reads
     * @throws ModelException if the template raises an exception, fails, or passes a bound on its work
     */
    public String render(Map<String, ? extends @Nullable Object> variables, Clock clock) {
        Rendering rendering = new Rendering(clock);
        return told(
                () -> {
                    Scope scope = new Scope(rendering);
                    variables.forEach((name, value) -> scope.set(name, Values.of(value)));
                    StringBuilder out = new StringBuilder();
                    body.run(scope, out);
                    return out.toString();
                },
                rendering::line);
    }

    private static <T> T told(Supplier<T> work, Supplier<Integer> line) {
        try {
            return work.get();
        } catch (TemplateError e) {
            throw failure(String.valueOf(e.getMessage()), line.get(), e);
        } catch (ModelException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw failure(String.valueOf(e.getMessage()), line.get(), e); // a number or place that no value has
        } catch (StackOverflowError e) {
            throw failure("nested too deeply", line.get(), e);
        } catch (OutOfMemoryError e) {
            throw failure("needs too much memory", line.get(), e);
        }
    }

    private static ModelException failure(String reason, int line, Throwable cause) {
        String first = reason.lines().findFirst().orElse("");
        String told = first.length() > MAX_REASON ? first.substring(0, MAX_REASON) + "..." : first;
        return new ModelException(
                "chat template: " + (told.startsWith(Globals.REFUSES) ? "" : "line " + line + ": ") + told, cause);
    }
}
