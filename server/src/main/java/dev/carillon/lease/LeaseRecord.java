package dev.carillon.lease;

import dev.carillon.base.Text;
import java.nio.charset.StandardCharsets;

/**
 * A lease in the store, as text such as {@code fence=17 holder=n1/3 mark=5300}. Unknown parts are skipped, so that neighbouring versions read each other.
 *
 * @param holder names one life of a node; empty: no node has the lease
 * @param fence of the last holder
 * @param markMillis age of the mark when the record was written; {@link #NO_MARK}: there is none
 */
record LeaseRecord(String holder, long fence, long markMillis) {
    static final long NO_MARK = -1;

    private static final String UNKNOWN = "?";
    private static final String FREE = "free";
    private static final String HOLDER = "holder=";
    private static final String FENCE = "fence=";
    private static final String MARK = "mark=";

    boolean isFree() {
        return holder.isEmpty();
    }

    byte[] bytes() {
        return Text.utf8(FENCE + fence + " " + (isFree() ? FREE : HOLDER + holder)
                + (markMillis == NO_MARK ? "" : " " + MARK + markMillis));
    }

    static LeaseRecord parse(byte[] bytes) {
        String holder = UNKNOWN;
        long fence = 0;
        long mark = NO_MARK;
        for (String part : new String(bytes, StandardCharsets.UTF_8).split(" ", -1)) {
            if (part.equals(FREE)) {
                holder = "";
            } else if (part.startsWith(HOLDER)) {
                holder = part.substring(HOLDER.length());
            } else if (part.startsWith(FENCE)) {
                fence = number(part, FENCE, 0);
            } else if (part.startsWith(MARK)) {
                mark = number(part, MARK, NO_MARK);
            }
        }
        return new LeaseRecord(holder, fence, mark);
    }

    private static long number(String part, String name, long otherwise) {
        try {
            return Math.max(otherwise, Long.parseLong(part.substring(name.length())));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
