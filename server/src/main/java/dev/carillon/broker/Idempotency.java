package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Scope;
import java.io.ByteArrayOutputStream;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The means by which a broadcast is recognised as a repetition of an earlier one, within {@link BrokerOptions#ID_WINDOW}. It applies per
 * tenant and set of scopes, so that no broadcaster can block a key or id in scopes that it may not broadcast to.
 */
public sealed interface Idempotency {
    /** No deduplication: every broadcast is appended. */
    Idempotency NONE = new None();

    /** Deduplication by the event's id, if it has one. */
    Idempotency BY_ID = new ById();

    /** The rule for {@link #key}, for messages. */
    String RULE = "must be 1 to 255 printable characters of ASCII";

    /** The text under which a broker remembers the broadcast, 22 characters of base64url; null: the broadcast is not remembered. */
    @Nullable
    String fingerprint(Event event);

    /** The failure of a broadcast whose fingerprint belongs to another event. */
    IdConflictException conflict(Event event);

    static boolean isKey(String text) {
        return Key.VALID.matcher(text).matches();
    }

    /** @throws CarillonException {@code invalid-request} for a key that breaks {@link #RULE} */
    static Idempotency key(String key) {
        return new Key(key);
    }

    /** Deduplication by a key that the broadcaster chose. */
    record Key(String key) implements Idempotency {
        private static final Pattern VALID = Pattern.compile("[ -~]{1,255}");

        public Key {
            if (!isKey(key)) {
                throw new CarillonException(ErrorCode.INVALID_REQUEST, "idempotency key: " + RULE);
            }
        }

        @Override
        public String fingerprint(Event event) {
            return of('k', key, event);
        }

        @Override
        public IdConflictException conflict(Event event) {
            return new IdConflictException("idempotency key", key);
        }
    }

    /** See {@link #BY_ID}. */
    record ById() implements Idempotency {
        @Override
        public @Nullable String fingerprint(Event event) {
            String id = event.id();
            return id == null ? null : of('i', id, event);
        }

        @Override
        public IdConflictException conflict(Event event) {
            return new IdConflictException("id", String.valueOf(event.id()));
        }
    }

    /** See {@link #NONE}. */
    record None() implements Idempotency {
        @Override
        public @Nullable String fingerprint(Event event) {
            return null;
        }

        @Override
        public IdConflictException conflict(Event event) {
            throw new IllegalStateException("a broadcast that is not deduplicated has no conflict");
        }
    }

    private static String of(char kind, String value, Event event) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        out.write(kind);
        // Ids, keys and scopes contain no NUL, so it separates them unambiguously.
        out.writeBytes(Text.utf8(value));
        event.scopes().stream().map(Scope::text).sorted().forEach(scope -> {
            out.write(0);
            out.writeBytes(Text.utf8(scope));
        });
        return EventWire.digest(out.toByteArray());
    }
}
