package io.humpback.data.web;

import io.humpback.data.Segment;
import io.humpback.data.web.html.Boilerplate;
import io.humpback.data.web.html.Formula;
import io.humpback.data.web.html.Markdown;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;
import org.jsoup.select.NodeVisitor;
import org.jspecify.annotations.Nullable;

/**
 * Cuts pages into segments: the text that follows one HTML header, up to the next header of any level (Li et al. 2023,
 * section 2.1). The text is Markdown: paragraphs, lists, tables, quotes, fenced and inline code; links are their text,
 * formulas are TeX. Scripts, forms, navigation, footers, asides that are no notes, hidden elements, numbers of code lines
 * and blocks that are little but links are left out, and so is what stands before the first header. Each header begins
 * one section, which becomes a segment or is dropped for one {@link SegmentFunnel.Reason}. Immutable and thread-safe.
 */
public final class Segmenter {

    /** A header longer than this, in characters, is a paragraph that was marked up as a header. */
    static final int MAX_HEADER = 200;

    /** Above this share of capitals among its letters a header shouts; a header of 6 letters or fewer is an acronym. */
    static final double SHOUTING = 0.8;

    /** Share of the characters in lines that repeat an earlier line of the text (Rae et al. 2021, table A1). */
    static final double REPETITIVE = 0.2;

    /** Share of replacement characters, which stand for bytes that were no text in the page's encoding. */
    static final double GARBLED = 0.002;

    private static final Set<String> NAVIGATION = Set.of(
            "about",
            "about us",
            "about the author",
            "about this site",
            "advertisement",
            "archive",
            "archives",
            "breadcrumb",
            "breadcrumbs",
            "categories",
            "category",
            "comments",
            "contact",
            "contact us",
            "contents",
            "cookie policy",
            "cookies",
            "copyright",
            "disclaimer",
            "external links",
            "feedback",
            "find us",
            "follow us",
            "footer",
            "further reading",
            "get in touch",
            "home",
            "index",
            "languages",
            "latest news",
            "latest posts",
            "leave a comment",
            "leave a reply",
            "legal notice",
            "links",
            "log in",
            "login",
            "main menu",
            "main navigation",
            "menu",
            "meta",
            "more information",
            "more links",
            "navigation",
            "navigation menu",
            "newsletter",
            "next",
            "on this page",
            "page contents",
            "personal tools",
            "popular posts",
            "post navigation",
            "previous",
            "privacy",
            "privacy policy",
            "quick links",
            "recent comments",
            "recent posts",
            "references",
            "register",
            "related",
            "related articles",
            "related links",
            "related pages",
            "related posts",
            "resources",
            "search",
            "see also",
            "share",
            "share this",
            "sidebar",
            "sign in",
            "sign up",
            "site map",
            "site navigation",
            "sitemap",
            "skip to content",
            "social media",
            "sources",
            "subscribe",
            "table of contents",
            "tags",
            "terms of service",
            "terms of use",
            "toc",
            "tools",
            "top",
            "useful links",
            "you may also like");

    private final int min;
    private final int max;

    private Segmenter(int min, int max) {
        this.min = min;
        this.max = max;
    }

    /** Segments of 600 to 3,000 characters, as in the paper. */
    public static Segmenter paper() {
        return new Segmenter(600, 3000);
    }

    /**
     * {@return a copy for texts of {@code min} (at least 1) to {@code max} (at most 1,000,000) characters (code
     * points)}
     */
    public Segmenter characters(int min, int max) {
        if (min < 1 || max < min || max > 1_000_000) {
            throw new IllegalArgumentException(
                    "characters: found " + min + " to " + max + ", expected 1 <= min <= max <= 1000000");
        }
        return new Segmenter(min, max);
    }

    /** Fewest characters (code points) of a segment's text. */
    public int min() {
        return min;
    }

    /** Most characters (code points) of a segment's text. */
    public int max() {
        return max;
    }

    /** The segments of many pages, lazily, in order; closing the stream closes that of the pages. */
    public Stream<Segment> segments(Stream<Page> pages, SegmentFunnel funnel) {
        return pages.flatMap(page -> segments(page, funnel));
    }

    /** The segments of one page in order. The page is counted in the funnel, and so is each of its sections. */
    public Stream<Segment> segments(Page page, SegmentFunnel funnel) {
        Document document = page.document();
        funnel.countPage();
        Survey survey = new Survey();
        NodeTraversor.traverse(survey, document.body());
        Sections sections = new Sections(page.source(), Markdown.inline(document.title()), survey, funnel);
        NodeTraversor.filter(sections, document.body());
        sections.endSection();
        return sections.segments.stream();
    }

    private static SegmentFunnel.@Nullable Reason reasonAgainstHeader(String header) {
        if (header.codePoints().noneMatch(Character::isLetter)) {
            return SegmentFunnel.Reason.NO_HEADER_TEXT;
        }
        if (header.length() > MAX_HEADER) {
            return SegmentFunnel.Reason.LONG_HEADER;
        }
        if (isNavigation(header)) {
            return SegmentFunnel.Reason.NAVIGATION_HEADER;
        }
        return isShouting(header) ? SegmentFunnel.Reason.SHOUTING_HEADER : null;
    }

    private SegmentFunnel.@Nullable Reason reasonAgainstText(String text) {
        int length = text.codePointCount(0, text.length());
        if (length < min) {
            return SegmentFunnel.Reason.TOO_SHORT;
        }
        if (length > max) {
            return SegmentFunnel.Reason.TOO_LONG;
        }
        if (text.chars().filter(c -> c == '\uFFFD').count() > GARBLED * length) {
            return SegmentFunnel.Reason.GARBLED;
        }
        return repeatedShare(text) > REPETITIVE ? SegmentFunnel.Reason.REPETITIVE : null;
    }

    static boolean isNavigation(String header) {
        return NAVIGATION.contains(header.toLowerCase(Locale.ROOT).replaceAll("^[^\\p{L}]+|[^\\p{L}]+$", ""));
    }

    static boolean isShouting(String header) {
        long letters = header.codePoints().filter(Character::isLetter).count();
        long capitals = header.codePoints().filter(Character::isUpperCase).count();
        return letters > 6 && capitals > SHOUTING * letters;
    }

    /** Lines of code do not count: braces and the like repeat in good code too. */
    private static double repeatedShare(String text) {
        Set<String> seen = new HashSet<>();
        int repeated = 0;
        boolean code = false;
        for (String raw : text.split("\n")) {
            String line = raw.strip();
            if (line.startsWith("```") || line.startsWith("~~~")) {
                code = !code;
            } else if (!code && !line.isEmpty() && !seen.add(line)) {
                repeated += line.length();
            }
        }
        return repeated / (double) text.length();
    }

    private static boolean isHeader(Element element) {
        String name = element.normalName();
        return name.length() == 2 && name.charAt(0) == 'h' && name.charAt(1) >= '1' && name.charAt(1) <= '6';
    }

    /** A first walk: what must be known of an element before its text is written. */
    private static final class Survey implements NodeVisitor {

        private static final Set<String> LINK_BLOCKS =
                Set.of("ul", "ol", "dl", "table", "p", "div", "li", "section", "center");
        private static final Set<String> NOT_IN_A_TABLE =
                Set.of("table", "pre", "ul", "ol", "dl", "blockquote", "form", "h1", "h2", "h3", "h4", "h5", "h6");

        /** Blocks of which four fifths of the text and at least two pieces are links. */
        private final Set<Element> linkBlocks = Collections.newSetFromMap(new IdentityHashMap<>());

        /** Elements other than headers that have a header inside. */
        private final Set<Element> withHeader = Collections.newSetFromMap(new IdentityHashMap<>());

        /** Tables that hold blocks or other tables: means of layout. */
        private final Set<Element> layoutTables = Collections.newSetFromMap(new IdentityHashMap<>());

        /** Pictures with their captions, which say little without them. */
        private final Set<Element> figures = Collections.newSetFromMap(new IdentityHashMap<>());

        private final List<Tally> open = new ArrayList<>();

        private static final class Tally {
            private int characters;
            private int inLinks;
            private int links;
            private boolean header;
            private boolean blocks;
            private boolean picture;
        }

        @Override
        public void head(Node node, int depth) {
            if (node instanceof Element) {
                open.add(new Tally());
            } else if (node instanceof TextNode text && !open.isEmpty()) {
                String raw = text.getWholeText();
                int count = 0;
                for (int i = 0; i < raw.length(); i++) {
                    count += Character.isLetterOrDigit(raw.charAt(i)) ? 1 : 0;
                }
                open.get(open.size() - 1).characters += count;
            }
        }

        @Override
        public void tail(Node node, int depth) {
            if (!(node instanceof Element element)) {
                return;
            }
            Tally own = open.remove(open.size() - 1);
            String name = element.normalName();
            if (name.equals("a") && element.hasAttr("href")) {
                own.inLinks = own.characters;
                own.links = 1;
            }
            if (own.header) {
                withHeader.add(element);
            } else if (own.links >= 2 && own.inLinks >= 0.8 * own.characters && LINK_BLOCKS.contains(name)) {
                linkBlocks.add(element);
            }
            if (own.picture
                    && !own.blocks
                    && (name.equals("figure") || element.hasClass("figure") || element.hasClass("thumb"))) {
                figures.add(element);
            }
            if (own.blocks && name.equals("table")) {
                layoutTables.add(element);
            }
            if (!open.isEmpty()) {
                Tally parent = open.get(open.size() - 1);
                parent.characters += own.characters;
                parent.inLinks += own.inLinks;
                parent.links += own.links;
                parent.picture |= own.picture || name.equals("img") || name.equals("svg");
                parent.header |= own.header || isHeader(element);
                parent.blocks |= own.blocks || NOT_IN_A_TABLE.contains(name);
            }
        }
    }

    /** The second walk: writes each section. Iterative, so that nesting costs no stack. */
    private final class Sections implements NodeFilter {

        private final String source;
        private final String title;
        private final Survey survey;
        private final SegmentFunnel funnel;
        private final List<Segment> segments = new ArrayList<>();
        private final Set<String> texts = new HashSet<>();
        private @Nullable String header;
        private Markdown markdown = new Markdown(0);

        Sections(String source, String title, Survey survey, SegmentFunnel funnel) {
            this.source = source;
            this.title = title;
            this.survey = survey;
            this.funnel = funnel;
        }

        @Override
        public FilterResult head(Node node, int depth) {
            if (node instanceof TextNode text) {
                if (header != null) {
                    markdown.text(text);
                }
                return FilterResult.CONTINUE;
            }
            if (!(node instanceof Element element)) {
                return FilterResult.CONTINUE;
            }
            if (isHeader(element)) { // a hidden one too: what follows it is not the text of the one before
                endSection();
                header = Markdown.inline(element);
                // markup for longer texts than this is not written at all
                markdown = new Markdown(2 * max + 1000);
                return FilterResult.SKIP_ENTIRELY;
            }
            Formula formula = Formula.of(element);
            if (formula != null) {
                if (header != null) {
                    markdown.formula(formula);
                }
                return FilterResult.SKIP_ENTIRELY;
            }
            boolean withHeader = survey.withHeader.contains(element);
            boolean form = element.normalName().equals("form") && !withHeader;
            if (form
                    || survey.linkBlocks.contains(element)
                    || survey.figures.contains(element)
                    || Boilerplate.is(element, withHeader)) {
                if (form || Boilerplate.parts(element)) {
                    markdown.space();
                }
                return FilterResult.SKIP_ENTIRELY;
            }
            return header != null && markdown.open(element, survey.layoutTables.contains(element))
                    ? FilterResult.SKIP_ENTIRELY
                    : FilterResult.CONTINUE;
        }

        @Override
        public FilterResult tail(Node node, int depth) {
            if (node instanceof Element element && header != null) {
                markdown.close(element);
            }
            return FilterResult.CONTINUE;
        }

        private void endSection() {
            if (header != null) {
                funnel.countSection(add(header, markdown.finish()));
                header = null;
            }
        }

        /** Adds a segment, or says why the section becomes none; a text of null outgrew what is written. */
        private SegmentFunnel.@Nullable Reason add(String header, @Nullable String text) {
            SegmentFunnel.Reason reason = reasonAgainstHeader(header);
            if (reason != null) {
                return reason;
            } else if (text == null) {
                return SegmentFunnel.Reason.TOO_LONG;
            }
            reason = reasonAgainstText(text);
            if (reason != null) {
                return reason;
            } else if (!texts.add(text)) {
                return SegmentFunnel.Reason.REPEATED_ON_PAGE;
            }
            segments.add(Segment.of(source, title, header, segments.size(), text));
            return null;
        }
    }
}
