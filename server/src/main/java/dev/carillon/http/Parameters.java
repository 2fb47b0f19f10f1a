package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The query parameters that an endpoint accepts. Unknown ones are refused: if they were ignored, {@code rout=/board} would open a stream
 * without events. An {@code EventSource} gives up for good after the refusal, which is right for a mistake in the page's code.
 */
public final class Parameters {
    /** Accepted by every endpoint; libraries such as jQuery add {@code _} to bypass caches. */
    private static final Set<String> EVERYWHERE = Set.of("authorization", "_");

    private static final int MAX_SHOWN = 50;
    private static final int MAX_COMPARED = 20;
    private static final int MAX_TYPING_ERRORS = 2;

    private final Set<String> known;
    private final Map<String, String> hints;

    private Parameters(Set<String> known, Map<String, String> hints) {
        this.known = known;
        this.hints = hints;
    }

    /**
     * Accepts these parameters and those of every endpoint.
     *
     * @param hints advice for unknown parameters that users are likely to try, by name
     */
    public static Parameters of(List<String> known, Map<String, String> hints) {
        return new Parameters(
                Stream.concat(known.stream(), EVERYWHERE.stream()).collect(Collectors.toUnmodifiableSet()), hints);
    }

    /** @throws CarillonException {@code invalid-request} for an unknown parameter, with a suggestion */
    public void check(HttpServerExchange exchange) {
        for (String name : exchange.getQueryParameters().keySet()) {
            if (!name.isEmpty() && !known.contains(name)) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "parameter " + Text.printable(name, MAX_SHOWN) + ": is unknown" + suggestion(name)
                                + "; known parameters are " + String.join(", ", shown()));
            }
        }
    }

    private Set<String> shown() {
        Set<String> shown = new TreeSet<>(known);
        shown.remove("_");
        shown.removeAll(Requests.OTHER_LAST_EVENT_IDS);
        return shown;
    }

    private String suggestion(String name) {
        String hint = hints.get(name);
        if (hint != null) {
            return ": " + hint;
        }
        // Some frameworks append brackets to the names of repeated parameters.
        String plain = (name.endsWith("[]") ? name.substring(0, name.length() - 2) : name).toLowerCase(Locale.ROOT);
        if (plain.length() > MAX_COMPARED) {
            return "";
        }
        return shown().stream()
                .filter(candidate -> typingErrors(plain, candidate.toLowerCase(Locale.ROOT)) <= MAX_TYPING_ERRORS)
                .findFirst()
                .map(candidate -> ": did you mean " + candidate + "?")
                .orElse("");
    }

    /** The Levenshtein distance. */
    private static int typingErrors(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
