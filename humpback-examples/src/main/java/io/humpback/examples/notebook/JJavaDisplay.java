package io.humpback.examples.notebook;

import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.RenderContext;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;

/** Shows values in notebooks of the kernel JJava, which finds this as a service. */
public final class JJavaDisplay implements Extension {

    @Override
    public void install(BaseKernel kernel) {
        register(kernel.getRenderer());
    }

    static void register(Renderer renderer) {
        for (Class<?> type : Shown.types()) {
            renderer.createRegistration(type)
                    .preferring(MIMEType.TEXT_HTML)
                    .supporting(MIMEType.TEXT_PLAIN)
                    .register(JJavaDisplay::render);
        }
    }

    private static void render(Object value, RenderContext context) {
        context.renderIfRequested(MIMEType.TEXT_HTML, () -> Shown.html(value));
        context.renderIfRequested(MIMEType.TEXT_PLAIN, () -> Shown.text(value));
    }
}
