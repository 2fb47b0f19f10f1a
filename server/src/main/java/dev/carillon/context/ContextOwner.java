package dev.carillon.context;

import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The owner of a context: only the same session, user and tenant can resume it.
 *
 * @param session handle of the session
 * @param user null for anonymous clients
 */
public record ContextOwner(
        Tenant tenant, String session, @Nullable String user) {
    private static final int DIGEST_BYTES = 16;

    /** Stands for session and user in the store and between nodes: 22 characters of base64url. */
    String digest() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            // A handle of a session has no line break, so no two owners have the same text.
            byte[] hash = sha256.digest(Text.utf8(session + (user == null ? "" : "\n" + user)));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, DIGEST_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
