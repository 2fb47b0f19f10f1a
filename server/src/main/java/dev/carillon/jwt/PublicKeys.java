package dev.carillon.jwt;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.secret.KeyFormat;
import io.jsonwebtoken.Header;
import io.jsonwebtoken.JwsHeader;
import io.jsonwebtoken.Locator;
import io.jsonwebtoken.security.Jwk;
import io.jsonwebtoken.security.Jwks;
import io.jsonwebtoken.security.PublicJwk;
import java.io.IOException;
import java.security.Key;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Public keys of an issuer (JWK Set, RFC 7517, section 5), by which tokens find theirs. A key that is not for signatures is left out,
 * and so is every secret or private one: it has been published. Immutable.
 */
final class PublicKeys implements Locator<Key> {
    static final int MAX_KEYS = 100;

    /** A token names a key that is not here: a newer set may have it. */
    static final class UnknownKeyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private UnknownKeyException() {
            super("no such key", null, false, false);
        }
    }

    private record Entry(@Nullable String id, @Nullable String algorithm, PublicKey key) {
        boolean fits(String wanted) {
            return (algorithm == null || algorithm.equals(wanted))
                    && KeyFormat.algorithms(key).contains(wanted);
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Entry> entries;

    private PublicKeys(List<Entry> entries) {
        this.entries = entries;
    }

    /** @throws IOException for what is no set of keys, has too many of them, or none that verifies */
    static PublicKeys parse(String json) throws IOException {
        JsonNode keys;
        try {
            keys = JSON.readTree(json).path("keys");
        } catch (JacksonException e) {
            // Its message may quote the text.
            throw new IOException("the answer is not a set of keys");
        }
        if (keys.size() > MAX_KEYS) {
            throw new IOException("the set has more than " + MAX_KEYS + " keys");
        }
        List<Entry> entries = new ArrayList<>();
        // One by one: a parser of sets takes two with the same numbers for one, whatever their ids.
        for (JsonNode key : keys) {
            Jwk<?> jwk = jwk(key);
            if (jwk != null && verifies(jwk)) {
                entries.add(new Entry(jwk.getId(), jwk.getAlgorithm(), (PublicKey) jwk.toKey()));
            }
        }
        if (entries.isEmpty()) {
            throw new IOException("the set has no public key for signatures");
        }
        return new PublicKeys(List.copyOf(entries));
    }

    /** Null for a key of an unknown kind, or a broken one: the others hold (RFC 7517, section 5). */
    private static @Nullable Jwk<?> jwk(JsonNode key) {
        try {
            return Jwks.parser().build().parse(key.toString());
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static boolean verifies(Jwk<?> jwk) {
        return jwk instanceof PublicJwk<?> key
                && (key.getPublicKeyUse() == null || key.getPublicKeyUse().equals("sig"))
                && (key.getOperations() == null || key.getOperations().contains(Jwks.OP.VERIFY));
    }

    @Override
    public @Nullable Key locate(Header header) {
        return header instanceof JwsHeader signed ? find(signed.getAlgorithm(), signed.getKeyId()) : null;
    }

    /**
     * The key of a token, by its {@code kid}; a token without one has the only key that fits its algorithm, where it is the only one.
     *
     * @throws UnknownKeyException when there is none
     */
    PublicKey find(String algorithm, @Nullable String id) {
        List<Entry> found = entries.stream()
                .filter(entry -> entry.fits(algorithm) && (id == null || id.equals(entry.id())))
                .toList();
        if (found.isEmpty() || (id == null && found.size() > 1)) {
            throw new UnknownKeyException();
        }
        return found.getFirst().key();
    }
}
