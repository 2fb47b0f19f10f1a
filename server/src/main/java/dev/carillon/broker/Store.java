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
 * <p>Every change of a key gives it a larger revision, also after it was removed and made again. A value that has expired is
 * not there, to every reader, at the latest one second after its time.
 */
public interface Store {
    int MAX_VALUE_BYTES = 64 * 1024;

    int MAX_LIST = 10_000;

    /** The expected revision of a key that must not be there. */
    long ABSENT = 0;

    /** Any revision, or none, is expected. */
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

    @SuppressWarnings("ArrayRecordComponent") // values are opaque bytes and never compared
    record Entry(Key key, byte[] value, long revision) {}

    /**
     * A key was put (entry), or removed (null). Expiry tells nobody.
     */
    record Change(Key key, @Nullable Entry entry) {}

    CompletionStage<Optional<Entry>> get(Key key);

    /**
     * Sets a value if the key has the expected revision.
     *
     * @param ttl 100 ms to 30 days; {@link Duration#ZERO}: forever
     * @return the new revision; empty: another revision was there, nothing was done
     */
    CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl);

    /** Removes a key if it has the expected revision; false: it has another, or is not there. */
    CompletionStage<Boolean> remove(Key key, long expectedRevision);

    /** The keys of a kind, in no order; at most {@value #MAX_LIST}. For small kinds such as nodes. */
    CompletionStage<List<Entry>> list(Tenant tenant, String kind);

    /**
     * Tells of changes of a kind on any node, in order for each key, from when the stage completes. Changes can get lost when the
     * connection does: list again on {@link HealthEvent.Doubt}. The listener must not block.
     *
     * @return closes the watch
     */
    CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener);
}
