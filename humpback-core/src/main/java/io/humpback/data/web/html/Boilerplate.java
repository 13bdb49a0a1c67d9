package io.humpback.data.web.html;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Element;

/** Which elements of a page are not part of its text, by what they say of themselves. */
public final class Boilerplate {

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
            "rtc",
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

    /** Of the tags above those that stand within a line, whatever a parser of HTML holds of them. */
    private static final Set<String> IN_LINE = Set.of(
            "script",
            "style",
            "noscript",
            "template",
            "audio",
            "video",
            "canvas",
            "svg",
            "button",
            "input",
            "select",
            "textarea",
            "object",
            "embed",
            "iframe",
            "map");

    /** What an aside says of itself that is part of the text, and that is not. */
    private static final Pattern NOTE =
            ofWords("admonition|notes?|tip|hint|caution|warn(?:ing)?|danger|important|info|callout"
                    + "|alert|attention|notice|success|example|definition|remark|footnotes?|pullquote|quote|box");

    private static final Pattern NO_NOTE =
            ofWords("side-?bar|related|widget|promo|advert(?:isement)?|ads?|banner|shar(?:e|ing)"
                    + "|social|newsletter|subscri(?:be|ption)|author|bio|meta|toc|nav|menu|recommend(?:ed|ations)?|popular"
                    + "|comments?|sign-?up|cta|sponsor(?:ed)?|breadcrumbs?|tags|categories|rail|teaser|more|tool-?bar");

    private static final Pattern LINE_NUMBERS =
            ofWords("lines?-?num(?:ber)?s?|line-?nos?|linenodiv|tag_listingline|gutters?"
                    + "|gutter-cell|lnt?|ln-n|rowno|(?:crayon|blob|file-line|diff-line)-nums?");

    private static final Set<String> CONTENT = Set.of("main", "article");

    private static final Set<String> LISTING = Set.of("pre", "code", "table", "div", "figure");

    /** Pages are styled as a whole by classes of these; what they hold is not thereby navigation. */
    private static final Set<String> WHOLE = Set.of("html", "body", "main", "article");

    private Boilerplate() {}

    private static Pattern ofWords(String words) {
        return Pattern.compile("(?i)(?:^|[\\s_-])(?:" + words + ")(?:$|[\\s_-])");
    }

    /** {@return whether an element is boilerplate} The id of one with a header inside may be a chapter's name. */
    public static boolean is(Element element, boolean withHeader) {
        String name = element.normalName();
        if (TAGS.contains(name)) {
            boolean text = name.equals("aside") && isNote(element, withHeader)
                    || name.equals("footer") && isWithin(element, Set.of("blockquote"));
            if (!text) {
                return true;
            }
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
                || isLineNumbers(element)
                || isPermalink(element);
    }

    /** Whether an element that is left out stands between words and not within one. */
    public static boolean parts(Element element) {
        return element.isBlock() && !IN_LINE.contains(element.normalName());
    }

    private static boolean isNote(Element aside, boolean withHeader) {
        String words = aside.className() + " " + aside.id();
        if (NO_NOTE.matcher(words).find()) {
            return false;
        }
        return aside.attr("role").equals("note")
                || NOTE.matcher(words).find()
                || !withHeader && isWithin(aside, CONTENT);
    }

    private static boolean isWithin(Element element, Set<String> names) {
        Element parent = element.parent();
        while (parent != null && !names.contains(parent.normalName())) {
            parent = parent.parent();
        }
        return parent != null;
    }

    /** The numbers of a listing's lines: one of them, or a column, which may be filled in by a script. */
    static boolean isLineNumbers(Element element) {
        return LINE_NUMBERS.matcher(element.className()).find()
                && element.text().chars().allMatch(c -> Character.isDigit(c) || Character.isSpaceChar(c))
                && isWithin(element, LISTING);
    }

    private static boolean isOfClass(Element element) {
        for (String name : element.attr("class").toLowerCase(Locale.ROOT).split("\\s+")) {
            if (CLASSES.contains(name) && !(name.equals("menu") && isWithin(element, CONTENT))) { // of dishes, say
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
