package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Reservoir;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.io.StandardStreams;
import io.humpback.examples.cli.option.SegmentOptions;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.quality.NearDuplicates;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pages in, segments out. */
@Command(
        name = "segment",
        sortOptions = false,
        description =
                "Cuts web pages into segments: the text under one header, as Markdown. Near-duplicates are dropped.")
public final class SegmentCommand extends ReportingCommand {

    @Option(
            names = "--in",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description =
                    "HTML and Markdown files, folders, .tar.gz, .warc.gz or .wacz archives, documents (text, title,"
                            + " url) in .jsonl; on the hub datasets/org/name or datasets/org/name:file.")
    private List<Path> in = List.of();

    @Option(
            names = "--out",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description =
                    "Where the segments go; - is standard output, all else then goes to standard error. What cannot be read is listed in a second file, a.rejected.jsonl for"
                            + " a.jsonl.")
    private Path out;

    @Mixin
    private final SegmentOptions taken = new SegmentOptions();

    @Option(names = "--strict", description = "Stop at the first page that cannot be read.")
    private boolean strict;

    @Override
    protected ObjectNode execute() throws IOException {
        taken.check(command());
        List<Path> pages = HubFiles.pages(command(), in);
        requireThere(pages);
        return StandardStreams.write(out, file -> {
            for (Path path : pages) {
                Output.apart(path, file);
            }
            return run("segment", Extent.of(pages), file, strict, output -> run(pages, taken, output));
        });
    }

    @Override
    protected PrintWriter summaries() {
        return summaries(out);
    }

    @Override
    protected int status(ObjectNode summary) {
        requireRead(in.size() == 1 ? in.get(0) : in, summary);
        return 0;
    }

    /** Refuses pages that are not there, before anything is done. */
    static void requireThere(List<Path> pages) throws IOException {
        for (Path path : pages) {
            InputRows.requireThere(path);
        }
    }

    /** Writes segments of pages. */
    static void run(List<Path> pages, SegmentOptions taken, Output out) throws IOException {
        SegmentFunnel funnel = new SegmentFunnel();
        NearDuplicates known = NearDuplicates.standard();
        Reservoir<Segment> sample = taken.sample().orElse(null);
        long duplicates = 0;
        for (Path path : pages) {
            try (Stream<Page> read = WebPages.with(out).read(path);
                    Stream<Segment> segments = Segmenter.paper().segments(read, funnel)) {
                Iterator<Segment> each = segments.iterator();
                while (out.written() < taken.limit() && each.hasNext()) {
                    Segment segment = each.next();
                    if (!known.add(segment.text())) {
                        duplicates++;
                    } else if (sample == null) {
                        out.write(row(segment));
                    } else {
                        sample.add(segment);
                    }
                }
            }
        }
        if (sample != null) {
            for (Segment segment : sample.items()) {
                out.write(row(segment));
            }
        }
        if (funnel.pages() == 0) {
            out.nothingRead("no page was found, expected HTML, Markdown, or archives or documents of them");
        }
        ObjectNode notes = out.notes().put("pages", funnel.pages()).put("sections", funnel.sections());
        ObjectNode sections = notes.putObject("sections_dropped");
        funnel.dropped().forEach((reason, count) -> {
            if (count > 0) {
                sections.put(reason.key(), count);
            }
        });
        sections.put("near-duplicate", duplicates);
    }

    static ObjectNode row(Segment segment) {
        return JsonLines.row()
                .put("id", segment.id())
                .put("source", segment.source())
                .put("title", segment.title())
                .put("header", segment.header())
                .put("index", segment.index())
                .put("text", segment.text());
    }
}
