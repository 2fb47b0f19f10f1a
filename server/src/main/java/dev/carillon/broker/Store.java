package dev.carillon.broker;

import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Small values with revisions: sessions, shared state, contexts, the node registry.
 *
 * <p>Every change gives a key a larger revision, even after a removal. An expired value disappears for every reader at most one second
 * after its expiry.
 */
public interface Store {
    int MAX_VALUE_BYTES = 64 * 1024;

    int MAX_LIST = 10_000;

    /** Expected revision of an absent key. */
    long ABSENT = 0;

    /** Expected revision that matches every revision and an absent key. */
    long ANY = -1;

    /**
     * @param kind 1 to 32 of {@code a–z} and {@code -}
     * @param name 1 to 1,024 bytes of UTF-8, any characters but control characters
     */
    record Key(Tenant tenant, String kind, String name) {
        private static final Pattern KIND = Pattern.compile("[a-z-]{1,32}");

        public Key {
            if (!KIND.matcher(kind).matches()) {
                throw new IllegalArgumentException("kind of a key: " + kind);
            }
            if (name.isEmpty() || !Text.isWellFormed(name) || Text.hasControl(name) || Text.utf8Length(name) > 1024) {
                throw new IllegalArgumentException("name of a key: " + Text.printable(name, 100));
            }
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // opaque bytes, never compared
    record Entry(Key key, byte[] value, long revision) {}

    /** A key was put, or removed (null entry). Expiry is not reported. */
    record Change(Key key, @Nullable Entry entry) {}

    CompletionStage<Optional<Entry>> get(Key key);

    /**
     * Sets a value if the key has the expected revision.
     *
     * @param ttl 100 ms to 30 days; {@link Duration#ZERO}: no expiry
     * @return the new revision; empty: the revision differed, and nothing was changed
     */
    CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl);

    /** Removes a key if it has the expected revision; false: its revision differs, or it is absent. */
    CompletionStage<Boolean> remove(Key key, long expectedRevision);

    /** The entries of a kind, in no particular order; at most {@value #MAX_LIST}. For small kinds such as nodes. */
    CompletionStage<List<Entry>> list(Tenant tenant, String kind);

    /**
     * Watches changes of a kind on all nodes, in order for each key, once the stage has completed. Changes can be lost with the
     * connection: list again on {@link HealthEvent.PossibleLoss}. The listener must not block.
     *
     * @return closes the watch
     */
    CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener);
}
