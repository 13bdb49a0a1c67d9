package io.humpback.data.web;

import java.util.Locale;
import java.util.Set;
import org.jsoup.nodes.Element;

/** Which elements of a page are not part of its text, by what they say of themselves. */
final class Boilerplate {

    private static final Set<String> TAGS = Set.of(
            "script",
            "style",
            "noscript",
            "template",
            "head",
            "title",
            "nav",
            "footer",
            "aside",
            "iframe",
            "object",
            "embed",
            "audio",
            "video",
            "canvas",
            "svg",
            "button",
            "input",
            "select",
            "textarea",
            "map",
            "dialog",
            "menu",
            "rt",
            "rp",
            "img");

    private static final Set<String> ROLES = Set.of(
            "navigation",
            "banner",
            "contentinfo",
            "search",
            "complementary",
            "menu",
            "menubar",
            "dialog",
            "alertdialog");

    private static final Set<String> CLASSES = Set.of(
            "nav",
            "navbar",
            "navbox",
            "navigation",
            "menu",
            "breadcrumb",
            "breadcrumbs",
            "pagination",
            "pager",
            "toc",
            "docnav",
            "headerlink",
            "footer",
            "catlinks",
            "printfooter",
            "mw-editsection",
            "mw-jump-link",
            "noprint",
            "infobox",
            "ambox",
            "hatnote",
            "metadata",
            "sr-only",
            "visually-hidden",
            "screen-reader-text",
            "linenos",
            "lineno",
            "cookie-banner",
            "share-buttons");

    /** Pages are styled as a whole by classes of these; what they hold is not thereby navigation. */
    private static final Set<String> WHOLE = Set.of("html", "body", "main", "article");

    private Boilerplate() {}

    /** {@return whether an element is boilerplate} The id of one with a header inside may be a chapter's name. */
    static boolean is(Element element, boolean withHeader) {
        String name = element.normalName();
        if (TAGS.contains(name)) {
            return true;
        }
        if (element.attributesSize() == 0 || WHOLE.contains(name)) {
            return false;
        }
        return element.hasAttr("hidden")
                || element.attr("aria-hidden").equals("true")
                || ROLES.contains(element.attr("role").toLowerCase(Locale.ROOT))
                || element.attr("style")
                        .replace(" ", "")
                        .toLowerCase(Locale.ROOT)
                        .contains("display:none")
                || (!withHeader && CLASSES.contains(element.attr("id").toLowerCase(Locale.ROOT)))
                || isOfClass(element)
                || isPermalink(element);
    }

    private static boolean isOfClass(Element element) {
        for (String name : element.attr("class").toLowerCase(Locale.ROOT).split("\\s+")) {
            if (CLASSES.contains(name)) {
                return true;
            }
        }
        return false;
    }

    /** A sign next to a header that links to the header. */
    private static boolean isPermalink(Element element) {
        if (!element.normalName().equals("a") || !element.hasAttr("href") || element.childNodeSize() != 1) {
            return false;
        }
        String text = element.ownText();
        return text.equals("¶") || text.equals("#") || text.equals("§");
    }
}
