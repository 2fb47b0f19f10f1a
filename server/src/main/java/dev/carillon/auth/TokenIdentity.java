package dev.carillon.auth;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What identifies a token, so that it can be revoked.
 *
 * @param id its own id, the claim {@code jti} of a JWT; null: it has none
 * @param subject the user that it was issued for, the claim {@code sub}; null: none
 * @param issuedAt when it was issued, the claim {@code iat}; null: unknown, which counts as before every revocation
 */
public record TokenIdentity(
        @Nullable String id,
        @Nullable String subject,
        @Nullable Instant issuedAt) {}
