package dev.carillon.authorizer;

import dev.carillon.base.Text;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Identifies a token without revealing it: {@code sha256:} and the digest in base64url. */
public final class TokenDigest {
    private TokenDigest() {}

    public static String of(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Text.utf8(token));
            return "sha256:" + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
