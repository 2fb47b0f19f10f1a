package dev.carillon.jwt;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.ConfigException;
import dev.carillon.secret.KeyFormat;
import io.jsonwebtoken.security.Jwks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Fuzz targets for keys of every format. Each returns whether the key was accepted, and throws if a rule is broken. */
public final class KeysFuzz {
    private static final List<KeyPair> PAIRS = pairs();

    private static final List<String> LABELS =
            List.of("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", "X", "");

    private static final List<String> ALGORITHMS =
            List.of("HS256", "HS512", "RS256", "PS256", "ES256", "ES512", "EdDSA", "none", "");

    private static final List<String> FIELDS = List.of(
            "\"kty\":\"RSA\"",
            "\"kty\":\"EC\"",
            "\"kty\":\"OKP\"",
            "\"kty\":\"oct\"",
            "\"k\":\"AAAA\"",
            "\"crv\":\"P-256\"",
            "\"crv\":\"Ed25519\"",
            "\"crv\":1",
            "\"x\":\"AQAB\"",
            "\"y\":\"AQAB\"",
            "\"n\":\"AQAB\"",
            "\"e\":\"AQAB\"",
            "\"d\":\"AQAB\"",
            "\"kid\":\"a\"",
            "\"kid\":null",
            "\"use\":\"sig\"",
            "\"key_ops\":[\"verify\"]",
            "\"key_ops\":1",
            "\"x5c\":[\"AAAA\"]",
            "\"alg\":\"RS256\"");

    private KeysFuzz() {}

    private static List<KeyPair> pairs() {
        try {
            List<KeyPair> pairs = new ArrayList<>();
            for (String family : List.of("RSA", "EC", "Ed25519")) {
                pairs.add(KeyPairGenerator.getInstance(family).generateKeyPair());
            }
            return pairs;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** A key in PEM, usually with a few changed bytes. */
    public static byte[] pem(FuzzedDataProvider data, boolean isPrivate) {
        KeyPair pair = data.pickValue(PAIRS);
        byte[] der =
                isPrivate ? pair.getPrivate().getEncoded() : pair.getPublic().getEncoded();
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        changed.write(der, 0, data.consumeInt(0, 4) == 0 ? data.consumeInt(0, der.length) : der.length);
        byte[] bytes = changed.toByteArray();
        for (int n = data.consumeInt(0, 3); n > 0 && bytes.length > 0; n--) {
            bytes[data.consumeInt(0, bytes.length - 1)] = data.consumeByte();
        }
        String label = data.consumeInt(0, 4) == 0 ? data.pickValue(LABELS) : isPrivate ? "PRIVATE KEY" : "PUBLIC KEY";
        String base64 = data.consumeBoolean()
                ? Base64.getMimeEncoder().encodeToString(bytes)
                : Base64.getEncoder().encodeToString(bytes);
        String text = "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
        return (text + data.consumeString(data.consumeInt(0, 20))).getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a key as from a setting. */
    public static boolean key(FuzzedDataProvider data) {
        String algorithm = data.pickValue(ALGORITHMS);
        String text = data.consumeBoolean()
                ? new String(pem(data, data.consumeInt(0, 9) == 0), StandardCharsets.UTF_8)
                : jwk(data);
        try {
            VerificationKey key = VerificationKey.of(new JwtConfig.Names("jwt-alg", "jwt-key"), algorithm, text);
            if (key instanceof VerificationKey.Secret && text.contains("BEGIN PUBLIC KEY")) {
                throw new AssertionError("a public key was accepted as a shared secret: " + text);
            }
            return true;
        } catch (ConfigException e) {
            return false;
        }
    }

    /** Reads a JWK Set as from an issuer. */
    public static boolean set(FuzzedDataProvider data) {
        StringBuilder keys = new StringBuilder();
        for (int n = data.consumeInt(0, 3); n > 0; n--) {
            keys.append(keys.isEmpty() ? "" : ",").append(jwk(data));
        }
        String text = data.consumeInt(0, 9) == 0 ? data.consumeRemainingAsString() : "{\"keys\":[" + keys + "]}";
        try {
            PublicKeys set = PublicKeys.parse(text);
            for (String algorithm : ALGORITHMS) {
                find(set, algorithm);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void find(PublicKeys set, String algorithm) {
        try {
            boolean fits = KeyFormat.algorithms(set.find(algorithm, null)).contains(algorithm);
            if (!fits) {
                throw new AssertionError("found a key that does not support " + algorithm);
            }
        } catch (PublicKeys.UnknownKeyException e) {
            // Expected: no key supports the algorithm.
        }
    }

    private static String jwk(FuzzedDataProvider data) {
        if (data.consumeBoolean()) {
            PublicKey key = data.pickValue(PAIRS).getPublic();
            String whole = Jwks.UNSAFE_JSON(Jwks.builder().key(key).build());
            int at = data.consumeInt(0, whole.length() - 1);
            return data.consumeBoolean() ? whole : whole.substring(0, at) + data.consumeString(3) + whole.substring(at);
        }
        StringBuilder fields = new StringBuilder();
        for (int n = data.consumeInt(0, 6); n > 0; n--) {
            fields.append(fields.isEmpty() ? "" : ",").append(data.pickValue(FIELDS));
        }
        return "{" + fields + "}";
    }
}
