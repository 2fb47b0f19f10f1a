package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * A wall between customers: taken from a verified token, never from a parameter. A name is 1 to 64 of {@code A–Z a–z 0–9
 * . _ -} and begins with a letter or a digit.
 */
public record Tenant(String name) {
    /** Where anonymous clients are, and tokens that name no tenant. */
    public static final Tenant DEFAULT = new Tenant("default");

    /** The log of system events and the home of the cluster's own records; its name cannot come from a token. */
    public static final Tenant SYSTEM = new Tenant("_system");

    private static final String ANNOUNCEMENTS = "_hub.";

    public Tenant {
        if (!name.equals("_system")
                && !valid(name.startsWith(ANNOUNCEMENTS) ? name.substring(ANNOUNCEMENTS.length()) : name)) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID,
                    "tenant \"" + Text.printable(name, 100)
                            + "\": must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit");
        }
    }

    /** A tenant as a token names it: a {@linkplain #isSideLog side log} is refused like any other bad name. */
    public static Tenant ofToken(String name) {
        if (name.startsWith("_")) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID, "tenant \"" + Text.printable(name, 100) + "\": is reserved");
        }
        return name.equals(DEFAULT.name) ? DEFAULT : new Tenant(name);
    }

    /** The log in which the Mercure hub announces the subscriptions of this tenant: its own retention, no ids. */
    public Tenant announcements() {
        return new Tenant(ANNOUNCEMENTS + name);
    }

    /** Whether this is a log of {@link #announcements()}. */
    public boolean isAnnouncements() {
        return name.startsWith(ANNOUNCEMENTS);
    }

    /**
     * Whether this is a log of the cluster's own events beside those of the tenants: of system events, or of announcements. A connection
     * has events of one tenant and of one side log at most; positions in the two do not compare.
     */
    public boolean isSideLog() {
        return name.charAt(0) == '_';
    }

    private static boolean valid(String name) {
        if (name.isEmpty() || name.length() > 64) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean alnum = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return name;
    }
}
