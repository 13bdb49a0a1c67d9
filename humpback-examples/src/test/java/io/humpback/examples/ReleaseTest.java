package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** What Maven Central asks of a POM: a name and a description of its own, the rest from the parent. */
class ReleaseTest {

    private static Element pom(String file) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("..", file).toFile())
                .getDocumentElement();
    }

    /** The text of an element at a path below another one; empty if there is none. */
    private static String text(Element parent, String... path) {
        Element at = parent;
        for (String name : path) {
            NodeList children = at.getChildNodes();
            at = IntStream.range(0, children.getLength())
                    .mapToObj(children::item)
                    .filter(node -> node.getNodeType() == Node.ELEMENT_NODE)
                    .map(Element.class::cast)
                    .filter(child -> child.getTagName().equals(name))
                    .findFirst()
                    .orElse(null);
            if (at == null) {
                return "";
            }
        }
        return at.getTextContent().strip();
    }

    @Test
    void theParentSaysWhoseItIsAndWhereItIs() throws Exception {
        Element parent = pom("pom.xml");
        for (String[] path : List.of(
                new String[] {"url"},
                new String[] {"licenses", "license", "name"},
                new String[] {"licenses", "license", "url"},
                new String[] {"developers", "developer", "name"},
                new String[] {"scm", "url"},
                new String[] {"scm", "connection"},
                new String[] {"scm", "developerConnection"})) {
            assertTrue(!text(parent, path).isEmpty(), () -> String.join("/", path));
        }
    }

    @Test
    void eachModuleHasANameAndADescription() throws Exception {
        NodeList modules = pom("pom.xml").getElementsByTagName("module");
        assertTrue(modules.getLength() >= 3);
        for (int i = 0; i < modules.getLength(); i++) {
            String module = modules.item(i).getTextContent();
            Element pom = pom(module + "/pom.xml");
            assertTrue(!text(pom, "name").isEmpty() && !text(pom, "description").isEmpty(), module);
            assertEquals("", text(pom, "repositories"), module + ": repositories are not known to those who use it");
        }
    }
}
