package io.humpback.data.web;

import io.humpback.internal.Counts;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Counts what became of the sections of pages: sections are segments plus dropped ones, for every reason. Thread-safe. */
public final class SegmentFunnel {

    /** Why a section became no segment; the first that applies, in this order. */
    public enum Reason {
        /** The header has no letter. */
        NO_HEADER_TEXT,
        /** The header is as long as a paragraph. */
        LONG_HEADER,
        /** The header names a part of the site, such as "Menu", "See also" or "Comments". */
        NAVIGATION_HEADER,
        /** The header is written in capitals. */
        SHOUTING_HEADER,
        /** Fewer characters than a segment has. */
        TOO_SHORT,
        /** More characters than a segment has. */
        TOO_LONG,
        /** Bytes that are no text in the page's encoding. */
        GARBLED,
        /** Lines that repeat earlier lines make up much of the text. */
        REPETITIVE,
        /** The same text stands earlier on the page. */
        REPEATED_ON_PAGE;

        /** {@return the reason in words, such as {@code "too short"}} */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private final AtomicLong pages = new AtomicLong();
    private final AtomicLong segments = new AtomicLong();
    private final Counts<Reason> dropped = new Counts<>(Reason.class);

    /** A funnel in which nothing is counted yet. */
    public SegmentFunnel() {}

    void countPage() {
        pages.incrementAndGet();
    }

    void countSection(@Nullable Reason reason) {
        if (reason == null) {
            segments.incrementAndGet();
        } else {
            dropped.add(reason);
        }
    }

    /** Pages cut. */
    public long pages() {
        return pages.get();
    }

    /** Headers met outside of what is left out: segments and dropped sections. */
    public long sections() {
        return segments() + dropped().values().stream().mapToLong(n -> n).sum();
    }

    /** Segments made. */
    public long segments() {
        return segments.get();
    }

    /** Sections dropped, by reason; every reason is there, in order. */
    public Map<Reason, Long> dropped() {
        return dropped.toMap();
    }

    /** One line: pages, sections, segments and the reasons that occurred. */
    @Override
    public String toString() {
        return "%d pages, %d sections, %d segments%s".formatted(pages(), sections(), segments(), dropped);
    }
}
