package dev.carillon.feed;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Scope;
import java.util.Collection;

/** The heap that interests take, as measured: what every holder of one adds, and what one takes that the node has joined. */
final class InterestBytes {
    /** A place in the lists of its connection and of its scope. */
    private static final int HOLDER = 64;
    /** A scope with its records here and at the client of the broker, without its name. */
    private static final int SCOPE = 640;
    /** The name is in the interest, and in the name of its chain. */
    private static final int SCOPE_CHAR = 3;
    /** Every holder of a template has its own. */
    private static final int TEMPLATE = 1_024;

    private static final int TEMPLATE_CHAR = 48;

    private InterestBytes() {}

    /** Of one who holds them. */
    static long held(Collection<Interest> interests) {
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

    /** Of one that is joined, once for all who hold it. */
    static long joined(Interest interest) {
        Scope scope = interest.scope();
        return SCOPE + (scope == null ? 0 : (long) SCOPE_CHAR * scope.name().length());
    }
}
