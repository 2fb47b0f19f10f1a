package dev.carillon.patch;

import org.jspecify.annotations.Nullable;

/** Events as the text of a stream (WHATWG HTML, section 9.2). */
final class EventText {
    private EventText() {}

    /**
     * One event, with the empty line at its end.
     *
     * @param id null: none
     * @param retryMillis null: none
     */
    static String write(PatchEvent event, @Nullable String id, @Nullable Integer retryMillis) {
        StringBuilder out = new StringBuilder();
        if (event.type() != null) {
            out.append("event: ").append(event.type()).append('\n');
        }
        if (id != null) {
            out.append("id: ").append(id).append('\n');
        }
        if (retryMillis != null) {
            out.append("retry: ").append(retryMillis).append('\n');
        }
        return out.append("data: ")
                .append(event.data().replace("\n", "\ndata: "))
                .append("\n\n")
                .toString();
    }
}
