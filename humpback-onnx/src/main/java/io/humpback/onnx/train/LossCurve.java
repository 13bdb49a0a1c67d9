package io.humpback.onnx.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The losses of a training as a picture: each step, their running mean, and the rows that are held out. */
final class LossCurve {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 400;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 40;
    private static final int BOTTOM = 50;

    /** More points than this cannot be distinguished. */
    private static final int MAX_POINTS = 2000;

    private record Point(double x, double y) {}

    private final StringBuilder svg = new StringBuilder();
    private final double maxX;
    private final double minY;
    private final double maxY;

    private LossCurve(List<Point> all) {
        maxX = Math.max(1, all.stream().mapToDouble(Point::x).max().orElse(1));
        double low = all.stream().mapToDouble(Point::y).min().orElse(0);
        double high = all.stream().mapToDouble(Point::y).max().orElse(1);
        double room = Math.max(1e-6, (high - low) * 0.05);
        minY = low - room;
        maxY = high + room;
    }

    /** {@return the picture of a history's entries} */
    static String svg(List<ObjectNode> entries) {
        List<Point> steps = points(entries, History.LOSS);
        List<Point> heldOut = points(entries, History.HELD_OUT_LOSS);
        List<Point> all = new ArrayList<>(steps);
        all.addAll(heldOut);
        return new LossCurve(all).drawn(steps, heldOut);
    }

    private static List<Point> points(List<ObjectNode> entries, String field) {
        return entries.stream()
                .filter(entry -> entry.has(field))
                .map(entry -> new Point(
                        entry.path(History.STEP).doubleValue(),
                        entry.path(field).doubleValue()))
                .toList();
    }

    private String drawn(List<Point> steps, List<Point> heldOut) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\" role=\"img\" aria-label=\"Loss by optimizer step\">",
                WIDTH, HEIGHT);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, HEIGHT);
        axes();
        line(thinned(steps), "#b8c7dc", 1);
        line(thinned(smoothed(steps)), "#1f5fa8", 2);
        line(heldOut, "#c2571a", 2);
        for (Point point : heldOut) {
            add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#c2571a\"/>", x(point.x), y(point.y));
        }
        legend(LEFT, "#b8c7dc", "step");
        legend(LEFT + 80, "#1f5fa8", "running mean");
        if (!heldOut.isEmpty()) {
            legend(LEFT + 210, "#c2571a", "held out");
        }
        return svg.append("</svg>\n").toString();
    }

    private void axes() {
        double stepY = tick(maxY - minY);
        for (double value = Math.ceil(minY / stepY) * stepY; value <= maxY; value += stepY) {
            add(
                    "<path d=\"M%d %.1fH%d\" stroke=\"#e4e4e4\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    LEFT, y(value), WIDTH - RIGHT, LEFT - 6, y(value) + 4, label(value, stepY));
        }
        double stepX = Math.max(1, tick(maxX));
        for (double value = 0; value <= maxX; value += stepX) {
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x(value), HEIGHT - BOTTOM + 18, label(value, stepX));
        }
        add("<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#444444\"/>", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">optimizer step</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12);
        int middle = (TOP + HEIGHT - BOTTOM) / 2;
        add(
                "<text x=\"16\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 16 %d)\">nats per token</text>",
                middle, middle);
    }

    /** {@return a distance of about a sixth of the range that is 1, 2 or 5 times a power of ten} */
    private static double tick(double range) {
        double power = Math.pow(10, Math.floor(Math.log10(range / 6)));
        double times = range / 6 / power;
        return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
    }

    private static String label(double value, double step) {
        int digits = (int) Math.max(0, -Math.floor(Math.log10(step)));
        return String.format(Locale.ROOT, "%." + digits + "f", value + 0.0);
    }

    private void legend(int at, String colour, String text) {
        add(
                "<path d=\"M%d 20h20\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%d\" y=\"24\">%s</text>",
                at, colour, at + 26, text);
    }

    /** {@return the exponential mean, corrected for its beginning, that remembers some twentieth of all steps} */
    private static List<Point> smoothed(List<Point> points) {
        double keep = 1 - 1 / Math.max(2.0, points.size() / 20.0);
        List<Point> smooth = new ArrayList<>(points.size());
        double sum = 0;
        double weight = 0;
        for (Point point : points) {
            sum = keep * sum + point.y;
            weight = keep * weight + 1;
            smooth.add(new Point(point.x, sum / weight));
        }
        return smooth;
    }

    private static List<Point> thinned(List<Point> points) {
        int every = points.size() / MAX_POINTS + 1;
        List<Point> some = new ArrayList<>();
        for (int i = 0; i < points.size(); i += every) {
            some.add(points.get(i));
        }
        return some;
    }

    private void line(List<Point> points, String colour, int width) {
        if (points.isEmpty()) {
            return;
        }
        svg.append("<polyline fill=\"none\" stroke=\"")
                .append(colour)
                .append("\" stroke-width=\"")
                .append(width);
        svg.append("\" points=\"");
        for (Point point : points) {
            svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.x), y(point.y)));
        }
        svg.append("\"/>\n");
    }

    private double x(double value) {
        return LEFT + value / maxX * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return TOP + (maxY - value) / (maxY - minY) * (HEIGHT - TOP - BOTTOM);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
