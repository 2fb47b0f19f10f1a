package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * The isolation boundary between customers: no client receives events of another tenant. A client's tenant comes from its verified token, never
 * from a request parameter.
 *
 * @param name 1 to 64 of the characters {@code A-Z a-z 0-9 . _ -}, the first one a letter or a digit. Names that begin with {@code _} are reserved
 *     for {@linkplain #isSideLog side logs}
 */
public record Tenant(String name) {
    /** The tenant of anonymous clients, and of tokens that name no tenant. */
    public static final Tenant DEFAULT = new Tenant("default");

    /** The tenant of system events and of the cluster's own records. */
    public static final Tenant SYSTEM = new Tenant("_system");

    /** The side log of changes that webhooks report, of all tenants. */
    public static final Tenant WEBHOOKS = new Tenant("_webhooks");

    private static final String ANNOUNCEMENTS = "_hub.";

    /** @throws CarillonException {@code token-invalid} if the name breaks the rule */
    public Tenant {
        if (!name.equals("_system")
                && !name.equals("_webhooks")
                && !valid(name.startsWith(ANNOUNCEMENTS) ? name.substring(ANNOUNCEMENTS.length()) : name)) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID,
                    "tenant \"" + Text.printable(name, 100)
                            + "\": must be 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or digit");
        }
    }

    /**
     * The tenant that a token names.
     *
     * @throws CarillonException {@code token-invalid} if the name breaks the rule or is reserved
     */
    public static Tenant ofToken(String name) {
        if (name.startsWith("_")) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID,
                    "tenant \"" + Text.printable(name, 100) + "\": must not begin with '_', which is reserved");
        }
        return name.equals(DEFAULT.name) ? DEFAULT : new Tenant(name);
    }

    /** The side log in which the Mercure hub announces subscriptions of this tenant. It has its own retention, and streams write no ids for it. */
    public Tenant announcements() {
        return new Tenant(ANNOUNCEMENTS + name);
    }

    /** Whether this is a log of {@link #announcements()}. */
    public boolean isAnnouncements() {
        return name.startsWith(ANNOUNCEMENTS);
    }

    /**
     * Whether this is a side log: it holds system events, announcements of one tenant, or changes for webhooks. A connection receives events of one tenant and of at
     * most one side log. Positions of different logs cannot be compared.
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
