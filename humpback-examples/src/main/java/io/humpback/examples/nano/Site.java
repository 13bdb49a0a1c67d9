package io.humpback.examples.nano;

import io.humpback.data.web.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Web pages about a world, one a village: navigation, a short introduction and {@value #SECTIONS} sections, of which some
 * are cut off, have notices of the site in them, or are advertisements. They are as the pages of others are: what is no
 * text is marked as such in part only.
 */
public final class Site {

    /** Sections of a page that are long enough to be segments. */
    static final int SECTIONS = 4;

    private final World world;
    private final long seed;

    /** The pages about a world. */
    public Site(World world, long seed) {
        this.world = world;
        this.seed = seed;
    }

    /** {@return the pages, one for each village; the same for the same seed} */
    public Stream<Page> pages() {
        return IntStream.range(0, world.villages().size())
                .mapToObj(i -> page(world.villages().get(i), new Random(seed * 31 + i)));
    }

    /**
     * Writes the pages as HTML files.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Page> pages = pages()) {
            for (Iterator<Page> each = pages.iterator(); each.hasNext(); ) {
                Page page = each.next();
                String name = page.source().substring(page.source().lastIndexOf('/') + 1);
                Files.writeString(folder.resolve(name), page.document().outerHtml());
            }
        }
    }

    private Page page(String village, Random random) {
        Author author = new Author(world, random.nextLong());
        List<Topic> topics = new ArrayList<>(List.of(Topic.values()));
        Collections.shuffle(topics, random);
        StringBuilder html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + village
                + "</title></head>\n<body>\n<nav><a href=\"/\">Start</a> <a href=\"/map\">Map</a></nav>\n<h1>" + village
                + "</h1>\n<p>Welcome to " + village + ".</p>\n");
        for (Topic topic : topics.subList(0, SECTIONS)) {
            html.append("<h2>").append(author.header(village, topic)).append("</h2>\n");
            for (String paragraph : section(author, village, topic, random).split("\n\n")) {
                html.append("<p>").append(paragraph).append("</p>\n");
            }
        }
        html.append(
                        "<h2>See also</h2>\n<ul><li><a href=\"/a\">Neighbours</a></li><li><a href=\"/b\">Roads</a></li></ul>\n")
                .append("<footer>All rights reserved.</footer>\n</body>\n</html>\n");
        return Page.of("https://villages.example/" + village.toLowerCase(Locale.ROOT) + ".html", html.toString());
    }

    private static String section(Author author, String village, Topic topic, Random random) {
        int draw = random.nextInt(20);
        if (draw < 3) {
            return author.truncated(village, topic);
        }
        if (draw < 7) {
            return author.padded(village, topic);
        }
        return draw < 9 ? author.elsewhere() : author.text(village, topic);
    }
}
