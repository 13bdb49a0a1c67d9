package io.humpback.onnx.text.python;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Python's {@code datetime.strftime} with English names, for a time without a zone. */
public final class Strftime {

    private Strftime() {}

    /** {@return the time, written as the format says} */
    public static String format(Rendering rendering, LocalDateTime time, String format) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                rendering.write(out, String.valueOf(c));
                continue;
            }
            char flag = format.charAt(i + 1);
            boolean flagged = "-_0^#".indexOf(flag) >= 0 && i + 2 < format.length();
            i += flagged ? 2 : 1;
            String part = part(time, format.charAt(i));
            rendering.write(out, flagged ? flagged(part, flag) : part);
        }
        return out.toString();
    }

    private static String flagged(String part, char flag) {
        String bare = part.replaceFirst("^[0 ]+(?=.)", "");
        return switch (flag) {
            case '-' -> bare;
            case '_' -> " ".repeat(part.length() - bare.length()) + bare;
            case '0' -> "0".repeat(part.length() - bare.length()) + bare;
            default -> part.toUpperCase(Locale.ROOT);
        };
    }

    private static String part(LocalDateTime time, char letter) {
        int sunday = time.getDayOfWeek().getValue() % 7;
        return switch (letter) {
            case 'a' -> java(time, "EEE");
            case 'A' -> java(time, "EEEE");
            case 'b', 'h' -> java(time, "MMM");
            case 'B' -> java(time, "MMMM");
            case 'c' -> java(time, "EEE MMM ") + blank(time.getDayOfMonth()) + java(time, " HH:mm:ss yyyy");
            case 'C' -> two(time.getYear() / 100);
            case 'd' -> two(time.getDayOfMonth());
            case 'D', 'x' -> java(time, "MM/dd/yy");
            case 'e' -> blank(time.getDayOfMonth());
            case 'f' -> java(time, "SSSSSS");
            case 'F' -> java(time, "yyyy-MM-dd");
            case 'G' -> Integer.toString(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> two(time.getHour());
            case 'I' -> two(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'j' -> java(time, "DDD");
            case 'k' -> blank(time.getHour());
            case 'l' -> blank(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'm' -> two(time.getMonthValue());
            case 'M' -> two(time.getMinute());
            case 'n' -> "\n";
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'P' -> time.getHour() < 12 ? "am" : "pm";
            case 'r' -> two(time.get(ChronoField.CLOCK_HOUR_OF_AMPM)) + java(time, ":mm:ss ") + part(time, 'p');
            case 'R' -> java(time, "HH:mm");
            case 'S' -> two(time.getSecond());
            case 't' -> "\t";
            case 'T', 'X' -> java(time, "HH:mm:ss");
            case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
            case 'U' -> two((time.getDayOfYear() + 6 - sunday) / 7);
            case 'V' -> two(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'w' -> Integer.toString(sunday);
            case 'W' -> two((time.getDayOfYear() + 6 - (sunday + 6) % 7) / 7);
            case 'y' -> java(time, "yy");
            case 'Y' -> Integer.toString(time.getYear());
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> "%" + letter;
        };
    }

    private static String java(LocalDateTime time, String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }

    private static String blank(int number) {
        return number < 10 ? " " + number : Integer.toString(number);
    }
}
