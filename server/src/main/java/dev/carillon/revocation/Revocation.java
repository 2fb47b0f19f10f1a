package dev.carillon.revocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/**
 * One revocation.
 *
 * @param at when it was made, by the clock of the node that made it: tokens of the user or session that were issued until then are refused
 * @param until when it ends
 */
public record Revocation(Subject subject, Instant at, Instant until) {
    private static final int MAX_NAME_BYTES = 1024;

    /** What is revoked. */
    public enum Kind {
        /** One token, by its id. */
        TOKEN,
        /** The tokens of a user. */
        USER,
        /** The tokens with which a browser's session is used. */
        SESSION;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A token, user or session of a tenant.
     *
     * @param name 1 to {@value #MAX_NAME_BYTES} bytes of UTF-8
     */
    public record Subject(Kind kind, Tenant tenant, String name) {
        /** @throws CarillonException {@code invalid-request}, naming the rule */
        public Subject {
            if (name.isEmpty() || !Text.isWellFormed(name) || Text.utf8Length(name) > MAX_NAME_BYTES) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        kind.text() + ": must have 1 to " + MAX_NAME_BYTES + " bytes of UTF-8");
            }
        }

        /** A name for the store, which allows fewer characters. */
        String key() {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256")
                        .digest(Text.utf8(kind.text() + "\n" + tenant.name() + "\n" + name));
                return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }

    byte[] bytes() {
        return Text.utf8(new JsonMapper()
                .createObjectNode()
                .put("version", 1)
                .put("kind", subject.kind().text())
                .put("tenant", subject.tenant().name())
                .put("name", subject.name())
                .put("at", at.getEpochSecond())
                .put("until", until.getEpochSecond())
                .toString());
    }

    /** Empty for bytes of an unknown form. */
    static Optional<Revocation> of(byte[] bytes) {
        try {
            JsonNode json = new JsonMapper().readTree(bytes);
            Kind kind = Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT));
            return Optional.of(new Revocation(
                    new Subject(
                            kind,
                            Tenant.ofToken(json.path("tenant").asText()),
                            json.path("name").asText()),
                    Instant.ofEpochSecond(json.path("at").asLong()),
                    Instant.ofEpochSecond(json.path("until").asLong())));
        } catch (IOException | IllegalArgumentException | CarillonException e) {
            return Optional.empty();
        }
    }
}
