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
 * The public keys of an issuer (JWK Set, RFC 7517, section 5), by key id. Keys that are not for signatures are ignored. Secret and private keys are
 * ignored too, as the issuer has published them. Immutable.
 */
final class PublicKeys implements Locator<Key> {
    static final int MAX_KEYS = 100;

    /** No key matches the token; a newer JWK Set may have it. */
    static final class UnknownKeyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private UnknownKeyException() {
            super("no such key", null, false, false);
        }
    }

    private record Entry(@Nullable String id, @Nullable String algorithm, PublicKey key) {
        boolean supports(String name) {
            return (algorithm == null || algorithm.equals(name))
                    && KeyFormat.algorithms(key).contains(name);
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Entry> entries;

    private PublicKeys(List<Entry> entries) {
        this.entries = entries;
    }

    /**
     * Reads a JWK Set.
     *
     * @throws IOException if the text is not a JWK Set of 1 to {@value #MAX_KEYS} keys, or has no public key for signatures
     */
    static PublicKeys parse(String json) throws IOException {
        JsonNode keys;
        try {
            keys = JSON.readTree(json).path("keys");
        } catch (JacksonException e) {
            // The cause is dropped: its message may quote the text.
            throw new IOException("the response is not a JWK Set");
        }
        if (keys.size() > MAX_KEYS) {
            throw new IOException("the JWK Set has more than " + MAX_KEYS + " keys");
        }
        List<Entry> entries = new ArrayList<>();
        // Keys are parsed one by one: the library's set parser drops equal keys, even if their ids differ.
        for (JsonNode key : keys) {
            Jwk<?> jwk = jwk(key);
            if (jwk != null && isForSignatures(jwk)) {
                entries.add(new Entry(jwk.getId(), jwk.getAlgorithm(), (PublicKey) jwk.toKey()));
            }
        }
        if (entries.isEmpty()) {
            throw new IOException("the JWK Set has no public key for signatures");
        }
        return new PublicKeys(List.copyOf(entries));
    }

    /** Null if the key is malformed or of an unknown type: such keys must be ignored (RFC 7517, section 5). */
    private static @Nullable Jwk<?> jwk(JsonNode key) {
        try {
            return Jwks.parser().build().parse(key.toString());
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static boolean isForSignatures(Jwk<?> jwk) {
        return jwk instanceof PublicJwk<?> key
                && (key.getPublicKeyUse() == null || key.getPublicKeyUse().equals("sig"))
                && (key.getOperations() == null || key.getOperations().contains(Jwks.OP.VERIFY));
    }

    @Override
    public @Nullable Key locate(Header header) {
        return header instanceof JwsHeader signed ? find(signed.getAlgorithm(), signed.getKeyId()) : null;
    }

    /**
     * Finds the key of a token.
     *
     * @param algorithm the token's header {@code alg}
     * @param id the token's header {@code kid}; null: it has none, and exactly one key must support the algorithm
     * @throws UnknownKeyException if no key matches, or several without an id
     */
    PublicKey find(String algorithm, @Nullable String id) {
        List<Entry> found = entries.stream()
                .filter(entry -> entry.supports(algorithm) && (id == null || id.equals(entry.id())))
                .toList();
        if (found.isEmpty() || (id == null && found.size() > 1)) {
            throw new UnknownKeyException();
        }
        return found.getFirst().key();
    }
}
