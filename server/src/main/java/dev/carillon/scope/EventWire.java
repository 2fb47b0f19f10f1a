package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Wire format of events between nodes and in the log: a version byte, then fields. A field is a tag byte, its length as a base-128 number (least
 * significant group first, high bit set: more follow), and its bytes.
 *
 * <p>Nodes of two releases share a log, so a later release adds fields with new tags. A reader skips an unknown tag below 128. It refuses an event with
 * an unknown tag from 128 on, and its clients receive a gap: such a tag is for a field without which a reader would send the event to the wrong clients.
 * Of the scopes, kinds that a reader does not know are left out. An event that has no other scope, or a type that only a later release of the node uses,
 * is read as one without clients ({@link #UNKNOWN_SCOPE}).
 *
 * <p>The field {@link #POSITION_TAG} holds {@link Position#text()}. A broker may insert it right after the version byte when it appends the
 * event, without reading the other fields.
 */
public final class EventWire {
    public static final byte VERSION = 1;
    public static final byte POSITION_TAG = 1;

    private static final byte TENANT = 2;
    private static final byte ID = 3;
    private static final byte TYPE = 4;
    private static final byte DATA = 5;
    private static final byte SCOPE = 6;
    private static final byte KEY = 7;
    private static final byte FLAGS = 8;
    private static final byte RETRY = 9;
    /** A name, a colon and a value. */
    private static final byte TAG = 10;

    private static final byte READER = 11;
    private static final byte TRACEPARENT = 12;

    private static final int PRIVATE = 1;
    private static final int RETAIN = 2;
    private static final int JSON = 4;
    /** The type is the node's own. Without this flag an earlier release let a broadcaster use it. */
    private static final int NODE_TYPE = 8;

    /** The scope of events that this release cannot deliver: no context has this id. */
    static final Scope UNKNOWN_SCOPE = Scope.tab("unknown");

    private static final Pattern SCOPE_KIND = Pattern.compile("[a-z][a-z-]{0,31}");

    private EventWire() {}

    /** @param at null: the bytes have no position */
    public record Decoded(Event event, @Nullable Position at) {}

    /** The bytes are not in the wire format, or their event breaks a rule of {@link Event}. */
    public static final class MalformedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    /** Encodes an event without a position. Equal events have equal bytes and digests. */
    public static byte[] encode(Event event) {
        return encode(event, null);
    }

    /** @param at null: the position is left out */
    public static byte[] encode(Event event, @Nullable Position at) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(event.data().length() + 128);
        out.write(VERSION);
        if (at != null) {
            field(out, POSITION_TAG, at.text());
        }
        field(out, TENANT, event.tenant().name());
        field(out, ID, event.id());
        field(out, TYPE, event.type());
        for (Scope scope : event.scopes()) {
            field(out, SCOPE, scope.text());
        }
        field(out, KEY, event.key());
        int flags = (event.isPrivate() ? PRIVATE : 0)
                | (event.retain() ? RETAIN : 0)
                | (event.isJson() ? JSON : 0)
                | (Event.isPresence(event.type()) ? NODE_TYPE : 0);
        if (flags != 0) {
            field(out, FLAGS, new byte[] {(byte) flags});
        }
        Long retry = event.retryMillis();
        field(out, RETRY, retry == null ? null : retry.toString());
        event.tags().forEach((name, value) -> field(out, TAG, name + ":" + value));
        event.readers().forEach(reader -> field(out, READER, reader));
        field(out, TRACEPARENT, event.traceparent());
        field(out, DATA, event.data());
        return out.toByteArray();
    }

    /**
     * The digest by which repetitions of a broadcast are recognised, without its trace context.
     *
     * @param encoded the event as {@link #encode(Event)} encodes it
     */
    public static String digest(Event event, byte[] encoded) {
        return digest(event.traceparent() == null ? encoded : encode(event.withTraceparent(null)));
    }

    /** The first 128 bits of the SHA-256 of encoded bytes, as 22 characters of Base64url. */
    public static String digest(byte[] encoded) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(encoded);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 16));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Decodes an event. An earlier release may have stored an event that {@link Event} refuses now. It keeps its position, but without a
     * reserved type, without an id with which no client can resume, and without reserved topics. If all of its scopes are reserved topics, it
     * is read as an event of {@link Tenant#announcements()}, so that no subscription of its tenant receives it.
     *
     * @throws MalformedException if {@link #encode} cannot have written the bytes
     */
    public static Decoded decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (!in.hasRemaining() || in.get() != VERSION) {
            throw new MalformedException("unknown version of the wire format");
        }
        Fields fields = new Fields();
        while (in.hasRemaining()) {
            byte tag = in.get();
            int length = length(in);
            fields.add(tag, in.slice(in.position(), length));
            in.position(in.position() + length);
        }
        return fields.toEvent();
    }

    private static void field(ByteArrayOutputStream out, byte tag, @Nullable String value) {
        if (value != null) {
            field(out, tag, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void field(ByteArrayOutputStream out, byte tag, byte[] value) {
        out.write(tag);
        int rest = value.length;
        while (rest >= 0x80) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
        out.writeBytes(value);
    }

    private static int length(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            if (!in.hasRemaining()) {
                throw new MalformedException("a field's length is truncated");
            }
            byte b = in.get();
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                if (value > in.remaining()) {
                    throw new MalformedException("a field is longer than the remaining bytes");
                }
                return value;
            }
        }
        throw new MalformedException("a field's length has more than 28 bits");
    }

    private static final class Fields {
        private final List<Scope> scopes = new ArrayList<>(1);
        private boolean unknownScope;
        private Tenant tenant = Tenant.DEFAULT;
        private @Nullable Position at;
        private @Nullable String id;
        private @Nullable String type;
        private String data = "";
        private @Nullable String key;
        private int flags;
        private @Nullable Long retryMillis;
        private final SortedMap<String, String> tags = new TreeMap<>();
        private final Set<String> readers = new LinkedHashSet<>();
        private @Nullable String traceparent;

        void add(byte tag, ByteBuffer value) {
            try {
                switch (tag) {
                    case POSITION_TAG -> at = Position.parse(text(value));
                    case TENANT -> tenant = tenant(text(value));
                    case ID -> id = text(value);
                    case TYPE -> type = text(value);
                    case DATA -> data = text(value);
                    case SCOPE -> addScope(text(value));
                    case KEY -> key = text(value);
                    case FLAGS -> flags = value.hasRemaining() ? value.get() : 0;
                    case RETRY -> retryMillis = Long.valueOf(text(value));
                    case TAG -> addTag(text(value));
                    case READER -> readers.add(text(value));
                    case TRACEPARENT -> traceparent = traceparent(text(value));
                    default -> {
                        if (tag < 0) {
                            throw new IllegalArgumentException("a later release requires that readers know it");
                        }
                    }
                }
            } catch (IllegalArgumentException | CarillonException | CharacterCodingException e) {
                throw new MalformedException("field " + (tag & 0xff) + ": " + e.getMessage());
            }
        }

        Decoded toEvent() {
            String resumableId = id == null || id.isEmpty() || Event.canResume(id) ? id : null;
            try {
                if (scopes.isEmpty() && unknownScope || isOfLaterNode(type)) {
                    return new Decoded(
                            Event.to(UNKNOWN_SCOPE)
                                    .tenant(tenant)
                                    .id(resumableId)
                                    .build(),
                            at);
                }
                if (!tenant.isSideLog() && scopes.stream().anyMatch(Event::isReservedTopic)) {
                    Scope first = scopes.getFirst();
                    scopes.removeIf(Event::isReservedTopic);
                    if (scopes.isEmpty()) {
                        return new Decoded(Event.announcement(tenant, first, resumableId, data), at);
                    }
                }
                Event event = new Event(
                        tenant,
                        scopes,
                        resumableId,
                        isRefused(type) ? null : type,
                        data,
                        key,
                        (flags & PRIVATE) != 0,
                        (flags & RETAIN) != 0,
                        retryMillis,
                        (flags & JSON) != 0,
                        tags,
                        readers,
                        traceparent);
                return new Decoded(event, at);
            } catch (CarillonException e) {
                throw new MalformedException(String.valueOf(e.getMessage()));
            }
        }

        private boolean isRefused(@Nullable String given) {
            return Event.isReservedType(given) && !(Event.isPresence(given) && (flags & NODE_TYPE) != 0);
        }

        private boolean isOfLaterNode(@Nullable String given) {
            return Event.isReservedType(given) && !Event.isPresence(given) && (flags & NODE_TYPE) != 0;
        }

        private void addScope(String text) {
            String kind = text.substring(0, text.indexOf(':') < 0 ? text.length() : text.indexOf(':'));
            if (Scope.Kind.isKnown(kind) || !SCOPE_KIND.matcher(kind).matches()) {
                scopes.add(Scope.parse(text));
            } else {
                unknownScope = true;
            }
        }

        private void addTag(String text) {
            int colon = text.indexOf(':');
            if (colon < 0) {
                throw new IllegalArgumentException("a tag has no value");
            }
            tags.put(text.substring(0, colon), text.substring(colon + 1));
        }

        /** Null: another version of it, which only a trace needs. */
        private static @Nullable String traceparent(String text) {
            return Event.isTraceparent(text) ? text : null;
        }

        private static Tenant tenant(String name) {
            return name.equals(Tenant.DEFAULT.name()) ? Tenant.DEFAULT : new Tenant(name);
        }

        private static String text(ByteBuffer value) throws CharacterCodingException {
            CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(value);
            return chars.toString();
        }
    }
}
