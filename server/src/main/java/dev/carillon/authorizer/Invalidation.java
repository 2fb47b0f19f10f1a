package dev.carillon.authorizer;

import dev.carillon.auth.Grants;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.scope.Tenant;

/** Which answers of the authorizer an operator declares invalid. */
public sealed interface Invalidation {
    /** All answers. */
    record All() implements Invalidation {}

    /** Those about clients of a tenant. */
    record OfTenant(Tenant tenant) implements Invalidation {}

    /** Those about one user. */
    record OfUser(Tenant tenant, String user) implements Invalidation {}

    /**
     * Those about one token, in any tenant.
     *
     * @param id the id that the application gave it, or its {@link TokenDigest}
     */
    record OfToken(String id) implements Invalidation {}

    /** @param digest of the token */
    default boolean covers(Grants grants, String digest) {
        return switch (this) {
            case All _ -> true;
            case OfTenant(Tenant tenant) -> tenant.equals(grants.tenant());
            case OfUser(Tenant tenant, String user) -> tenant.equals(grants.tenant()) && user.equals(grants.user());
            case OfToken(String id) -> {
                TokenIdentity token = grants.token();
                yield id.equals(digest) || token != null && id.equals(token.id());
            }
        };
    }
}
