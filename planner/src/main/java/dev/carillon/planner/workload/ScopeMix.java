package dev.carillon.planner.workload;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Shares of events by kind of scope, as in {@code global=20%,topic@1000=70%,session=10%}.
 *
 * <p>The number after {@code @} is the number of connections in one such scope. With a rate per connection the shares are of the events
 * that a connection receives; with a rate of broadcasts they are of the broadcasts.
 */
public final class ScopeMix {
    private static final int MAX_PARTS = 20;
    private static final double ROUNDING = 1e-6;

    private record Part(ScopeKind kind, double audience, double share) {}

    private final List<Part> parts;

    private ScopeMix(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * Parses a mix.
     *
     * @param perSession connections of one session
     * @param perUser connections of one user
     * @throws PlanException if it cannot be read, or the shares are not 100 % together
     */
    public static ScopeMix parse(String text, double connections, double perSession, double perUser) {
        List<Part> parts = new ArrayList<>();
        for (String item : text.split(",", MAX_PARTS + 1)) {
            parts.add(part(text, item.strip(), connections, perSession, perUser));
        }
        double sum = parts.stream().mapToDouble(Part::share).sum();
        if (parts.size() > MAX_PARTS || Math.abs(sum - 1) > ROUNDING) {
            throw new PlanException("scopes: " + text + ": the shares must be 100 % together, in at most " + MAX_PARTS
                    + " kinds, and are " + Amount.percent(sum));
        }
        return new ScopeMix(parts);
    }

    private static Part part(String text, String item, double connections, double perSession, double perUser) {
        String[] sides = item.split("=", 2);
        String[] scope = sides[0].split("@", 2);
        ScopeKind kind = kind(text, scope[0]);
        boolean sized = kind == ScopeKind.TOPIC || kind == ScopeKind.ROUTE;
        if (sized != (scope.length == 2)) {
            throw new PlanException("scopes: " + item
                    + ": topic and route need the number of connections in one, as topic@1000, and no "
                    + "other kind has one");
        }
        double share = sides.length == 2 ? Amount.share("scopes", sides[1]) : 1;
        double audience = switch (kind) {
            case GLOBAL -> connections;
            case TOPIC, ROUTE -> Amount.count("scopes", scope[1]);
            case USER -> perUser;
            case SESSION -> perSession;
            case TAB -> 1;
        };
        return new Part(kind, audience, share);
    }

    private static ScopeKind kind(String text, String name) {
        for (ScopeKind kind : ScopeKind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
                return kind;
            }
        }
        throw new PlanException("scopes: " + text
                + ": must be a list such as global=20%,topic@1000=70%,session=10%, of global, topic@SIZE, route@SIZE, "
                + "user, session and tab");
    }

    /**
     * The flows of this mix.
     *
     * @param rate events per second that each connection receives
     * @param broadcasts broadcasts per second of the cluster, instead of {@code rate}
     */
    public List<Flow> flows(double connections, double rate, @Nullable Double broadcasts) {
        return parts.stream()
                .map(part -> new Flow(
                        part.kind,
                        part.audience,
                        part.share * (broadcasts == null ? rate * connections / part.audience : broadcasts)))
                .filter(flow -> flow.broadcasts() > 0)
                .toList();
    }
}
