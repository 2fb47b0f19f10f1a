package dev.carillon.page.journal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry as text: lines of a name and values, with tabs between them. Lines of an unknown name are skipped, and further values of a line too, so that
 * neighbouring releases read each other.
 */
public final class JournalText {
    private static final String HEAD = "carillon-page\t1\n";
    private static final String OWNER = "owner";
    private static final String BEGUN = "begun";
    /** Room for an action that begins. */
    private static final int MAX_BYTES = Store.MAX_VALUE_BYTES - 512;

    private JournalText() {}

    /** @throws CarillonException {@code too-large} */
    public static byte[] write(JournalEntry entry) {
        StringBuilder out = new StringBuilder(HEAD);
        JournalEntry.Owner owner = entry.owner();
        line(out, OWNER, owner.node(), Long.toString(owner.generation()), owner.life());
        line(out, "session", entry.client().session());
        String user = entry.client().user();
        if (user != null) {
            line(out, "user", user);
        }
        JournalEntry.Source source = entry.source();
        line(out, "page", source.pattern(), source.path(), source.query());
        source.attributes().forEach((name, text) -> line(out, "attribute", name, text));
        entry.signals().forEach((name, text) -> line(out, "signal", name, text));
        entry.joined().forEach(scope -> line(out, "joined", scope.text()));
        entry.actions().ended().forEach(key -> line(out, "ended", key));
        entry.actions().unknown().forEach(key -> line(out, "unknown", key));
        byte[] bytes = Text.utf8(out.toString());
        if (bytes.length > MAX_BYTES) {
            throw tooLarge(entry, bytes.length);
        }
        return bytes;
    }

    private static CarillonException tooLarge(JournalEntry entry, int bytes) {
        String largest = entry.signals().entrySet().stream()
                .max(Map.Entry.comparingByValue((a, b) -> Integer.compare(a.length(), b.length())))
                .map(signal -> "; the largest is \"" + signal.getKey() + "\"")
                .orElse("");
        return new CarillonException(
                ErrorCode.TOO_LARGE,
                "page " + entry.source().pattern() + ": the signals of a tab have " + bytes
                        + " bytes with what else is saved, the maximum is " + MAX_BYTES + largest);
    }

    /** The bytes of an entry, with an action that begins. */
    static byte[] begun(byte[] entry, String key) {
        StringBuilder out = new StringBuilder();
        line(out, BEGUN, key);
        byte[] more = Text.utf8(out.toString());
        byte[] all = Arrays.copyOf(entry, entry.length + more.length);
        System.arraycopy(more, 0, all, entry.length, more.length);
        return all;
    }

    /** An action that had begun is one whose effect is unknown. Null: another form. */
    public static @Nullable JournalEntry read(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (!text.startsWith("carillon-page\t")) {
            return null;
        }
        JournalEntry.Draft draft = new JournalEntry.Draft();
        text.lines().skip(1).forEach(line -> {
            List<String> values = Arrays.stream(line.split("\t", -1))
                    .map(JournalText::unescaped)
                    .toList();
            try {
                add(draft, values);
            } catch (IllegalArgumentException | IndexOutOfBoundsException | CarillonException e) {
                // A line of another release.
            }
        });
        return draft.entry();
    }

    private static void add(JournalEntry.Draft draft, List<String> line) {
        switch (line.getFirst()) {
            case OWNER -> draft.owner = new JournalEntry.Owner(line.get(1), Long.parseLong(line.get(2)), line.get(3));
            case "session" -> draft.session = line.get(1);
            case "user" -> draft.user = line.get(1);
            case "page" -> {
                draft.pattern = line.get(1);
                draft.path = line.get(2);
                draft.query = line.get(3);
            }
            case "attribute" -> draft.attributes.put(line.get(1), line.get(2));
            case "signal" -> draft.signals.put(line.get(1), line.get(2));
            case "joined" -> draft.joined.add(Scope.parse(line.get(1)));
            case "ended" -> draft.ended.add(line.get(1));
            case BEGUN, "unknown" -> draft.unknown.add(line.get(1));
            default -> {
                // Of a later release.
            }
        }
    }

    private static void line(StringBuilder out, String name, String... values) {
        out.append(name);
        for (String value : values) {
            out.append('\t');
            escape(out, value);
        }
        out.append('\n');
    }

    private static void escape(StringBuilder out, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                default -> out.append(c);
            }
        }
    }

    private static String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                out.append(
                        switch (text.charAt(i)) {
                            case 't' -> '\t';
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            default -> text.charAt(i);
                        });
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
