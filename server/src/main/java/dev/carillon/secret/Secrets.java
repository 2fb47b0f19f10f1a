package dev.carillon.secret;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secrets of the cluster. They sign cookies and the calls between nodes: the first secret signs, all verify, so that a secret can be replaced
 * without an interruption. Each purpose has its own key, derived from the secret. Thread-safe.
 */
public final class Secrets {
    public static final int MIN_LENGTH = 16;
    private static final String ALGORITHM = "HmacSHA256";

    private final List<byte[]> secrets;
    private final boolean random;
    /** Keys of all secrets in order, by purpose. The number of purposes is small. */
    private final Map<String, List<SecretKeySpec>> keys = new ConcurrentHashMap<>();

    /** @throws ConfigException for an empty list, or a secret of fewer than {@value #MIN_LENGTH} characters */
    public Secrets(List<String> secrets) {
        this(secrets, false);
    }

    private Secrets(List<String> secrets, boolean random) {
        List<byte[]> bytes = new ArrayList<>();
        for (String secret : secrets) {
            if (secret.length() < MIN_LENGTH) {
                throw new ConfigException(
                        "secret", "(hidden)", "each must have at least " + MIN_LENGTH + " characters");
            }
            switch (KeyFormat.of(secret)) {
                case KeyFormat.OfPublicKey _ ->
                    throw new ConfigException(
                            "secret",
                            "(hidden)",
                            "is a public key, which is no secret: use random characters (openssl rand -base64 48)");
                case KeyFormat.Unusable(String rule) -> throw new ConfigException("secret", "(hidden)", rule);
                case KeyFormat.PlainText _ -> bytes.add(Text.utf8(secret));
            }
        }
        if (bytes.isEmpty()) {
            throw new ConfigException("secret", "(none)", "must be given");
        }
        this.secrets = List.copyOf(bytes);
        this.random = random;
    }

    /** A random secret that no other process has. */
    public static Secrets random(SecureRandom source) {
        byte[] bytes = new byte[32];
        source.nextBytes(bytes);
        return new Secrets(List.of(Base64.getEncoder().encodeToString(bytes)), true);
    }

    /** Whether the secret is random, so that no other node can share it. */
    public boolean isRandom() {
        return random;
    }

    /** Whether {@link KeyFormat#guessable} finds one of them weak. */
    public boolean guessable() {
        return secrets.stream().anyMatch(KeyFormat::guessable);
    }

    /** A signature of 43 characters of base64url. */
    public String sign(String purpose, String text) {
        return signature(keys(purpose).getFirst(), text);
    }

    /** Compares in constant time. */
    public boolean verify(String purpose, String text, String signature) {
        byte[] given = Text.utf8(signature);
        boolean valid = false;
        for (SecretKeySpec key : keys(purpose)) {
            valid |= MessageDigest.isEqual(given, Text.utf8(signature(key, text)));
        }
        return valid;
    }

    /** Whether a valid signature is not of the first secret: what carries it should be signed again, before its secret is removed. */
    public boolean isOutdated(String purpose, String text, String signature) {
        return !MessageDigest.isEqual(Text.utf8(signature), Text.utf8(sign(purpose, text)));
    }

    private List<SecretKeySpec> keys(String purpose) {
        return keys.computeIfAbsent(
                purpose,
                p -> secrets.stream()
                        .map(secret -> key(mac(key(secret), "carillon/" + p)))
                        .toList());
    }

    private static SecretKeySpec key(byte[] bytes) {
        return new SecretKeySpec(bytes, ALGORITHM);
    }

    private static String signature(SecretKeySpec key, String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(mac(key, text));
    }

    private static byte[] mac(SecretKeySpec key, String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(Text.utf8(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
