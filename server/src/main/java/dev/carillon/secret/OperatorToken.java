package dev.carillon.secret;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Text;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The token of the operators of a node and its cluster. Only its digest is stored, so the token cannot be shown. Thread-safe. */
public final class OperatorToken {
    public static final int MIN_LENGTH = 32;

    private final byte[] digest;
    private final boolean guessable;

    /**
     * @param key setting that holds the token
     * @throws ConfigException for fewer than {@value #MIN_LENGTH} characters, or characters that a header cannot contain
     */
    public OperatorToken(Key<?> key, String text) {
        if (text.length() < MIN_LENGTH) {
            throw new ConfigException(key, text, "must have at least " + MIN_LENGTH + " characters");
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ConfigException(key, text, "must be of visible ASCII characters, without blanks");
        }
        this.digest = digest(text);
        this.guessable = KeyFormat.guessable(Text.utf8(text));
    }

    /** Whether {@link KeyFormat#guessable} finds it weak. */
    public boolean guessable() {
        return guessable;
    }

    /** Compares in constant time for texts of the same length. */
    public boolean matches(String given) {
        return MessageDigest.isEqual(digest, digest(given));
    }

    /** Stands for the token in what is signed; as secret as the token's digest. */
    String digestText() {
        return HexFormat.of().formatHex(digest);
    }

    @Override
    public String toString() {
        return "(hidden)";
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(Text.utf8(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
