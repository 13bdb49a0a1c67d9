package io.humpback.data.web.html;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.CDataNode;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;

/** Pages written in XML, in which any element may close itself and CDATA is text. */
public final class Xhtml {

    private static final Set<String> NAMESPACES =
            Set.of(Parser.NamespaceHtml, Parser.NamespaceMathml, Parser.NamespaceSvg);

    /** The beginning of a page that is in XML by its own words. */
    private static final Pattern XML =
            Pattern.compile("\\A\\s*+(?:<\\?xml\\s|(?:<!DOCTYPE[^>]*+>\\s*+)?<html\\s[^>]*xmlns=)");

    /** A self-closed element of which HTML takes all that follows for its content. */
    private static final Pattern SWALLOWS = Pattern.compile(
            "<(?:title|script|style|textarea|iframe|noscript|noframes|noembed|xmp)(?=[\\s/])[^<>]*+(?<=/)>");

    /** End tags of elements that never have content. */
    private static final Pattern VOID_END =
            Pattern.compile("</(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>");

    private Xhtml() {}

    /** Whether a page that is called HTML is XML and cannot be read otherwise. */
    public static boolean isNeeded(String page) {
        return XML.matcher(page).find() && SWALLOWS.matcher(page).find();
    }

    /** Parses a page as XML into what HTML would make of it; as HTML if as XML it has no body. */
    public static Document parse(String page) {
        Document xml = Jsoup.parse(page, "", Parser.xmlParser());
        List<CDataNode> cdata = xml.nodeStream(CDataNode.class).toList();
        cdata.forEach(node -> node.replaceWith(new TextNode(node.text())));
        for (Element element : xml.getAllElements()) {
            String name = element.tagName();
            if (name.indexOf(':') > 0 && NAMESPACES.contains(element.tag().namespace())) {
                element.tagName(name.substring(name.indexOf(':') + 1));
            }
        }
        xml.outputSettings().syntax(Document.OutputSettings.Syntax.html).prettyPrint(false);
        Element html = xml.firstElementChild();
        if (html == null || html.children().stream().noneMatch(child -> child.nameIs("body"))) {
            return Jsoup.parse(page);
        }
        return Jsoup.parse(VOID_END.matcher(html.outerHtml()).replaceAll(""));
    }
}
