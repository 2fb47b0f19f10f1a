package dev.carillon.feed;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Scope;
import java.util.Collection;

/** Measured heap of interests: the share of each holder, and the share of each interest that the node has joined. */
final class InterestBytes {
    /** Entries in the lists of its connection and of its scope. */
    private static final int HOLDER = 64;
    /** A scope with its records here and in the broker's client, without its name. */
    private static final int SCOPE = 640;
    /** The name is stored in the interest and in the name of its chain. */
    private static final int SCOPE_CHAR = 3;
    /** Every holder of a template has its own object. */
    private static final int TEMPLATE = 1_024;

    private static final int TEMPLATE_CHAR = 48;

    private InterestBytes() {}

    /** Bytes of one holder. */
    static long perHolder(Collection<Interest> interests) {
        long bytes = 0;
        for (Interest interest : interests) {
            bytes += HOLDER;
            if (interest instanceof Interest.Matching matching) {
                bytes += TEMPLATE
                        + (long) TEMPLATE_CHAR * matching.template().text().length();
            }
        }
        return bytes;
    }

    /** Bytes of one joined interest, charged once for all holders. */
    static long perInterest(Interest interest) {
        Scope scope = interest.scope();
        return SCOPE + (scope == null ? 0 : (long) SCOPE_CHAR * scope.name().length());
    }
}
