package dev.carillon.context;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the store has about a context: three words, node, generation and the client's {@linkplain ContextOwner#digest() digest}. Further words are
 * ignored.
 *
 * @param client null: written by a release that did not name it
 */
record ContextRecord(String node, long generation, @Nullable String client, long revision) {
    static byte[] bytes(String node, long generation, String client) {
        return Text.utf8(node + " " + generation + " " + client);
    }

    /** Empty: the value has another form. */
    static Optional<ContextRecord> of(Store.Entry entry) {
        String[] words = new String(entry.value(), StandardCharsets.UTF_8).split(" ", 4);
        try {
            return words.length < 2
                    ? Optional.empty()
                    : Optional.of(new ContextRecord(
                            words[0], Long.parseLong(words[1]), words.length == 2 ? null : words[2], entry.revision()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
