package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.CachingAuthorizer;
import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.authorizer.AuthorizerConfig;
import dev.carillon.authorizer.HttpAuthorizer;
import dev.carillon.authorizer.Invalidation;
import dev.carillon.authorizer.LeasingAuthorizer;
import dev.carillon.authorizer.TokenFormAuthorizer;
import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.jwt.JwtAuthorizer;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What decides about the clients of a node: JWT, an authorizer of the embedding application, or the application at a URL, beside JWT if there is a key. */
final class Authorizers implements AutoCloseable {
    private final NodeAuthorizer all;
    /** Null: only JWT. */
    private final @Nullable LeasingAuthorizer leasing;

    private final @Nullable HttpAuthorizer http;

    /**
     * @param custom the application's authorizer; null: none
     * @throws ConfigException if there is a URL, too
     */
    Authorizers(NodeServices services, @Nullable Authorizer custom) {
        AuthorizerConfig config = services.config.authorizer();
        AuthorizerConfig.Http url = config.http();
        if (custom != null && url != null) {
            throw new ConfigException(
                    "authorizer",
                    PrintableUrl.of(url.url().toString()),
                    "must not be set together with an authorizer of the embedding application");
        }
        http = url == null
                ? null
                : new HttpAuthorizer(
                        url, services.config.jwt().anonymous(), services.metrics.registry, services.platform);
        leasing = http != null
                ? leasing(services, http, http::hasRoom)
                : custom == null ? null : leasing(services, custom, () -> true);
        if (leasing == null) {
            all = jwt(services);
        } else {
            all = http != null && services.config.hasJwtKey()
                    ? new TokenFormAuthorizer(jwt(services), leasing)
                    : leasing;
        }
    }

    private static LeasingAuthorizer leasing(NodeServices services, Authorizer source, BooleanSupplier room) {
        return new LeasingAuthorizer(
                source,
                services.config.authorizer(),
                room,
                services.revocations::checked,
                services.fanOut::closeRevoked,
                services.platform);
    }

    private static CachingAuthorizer jwt(NodeServices services) {
        return new CachingAuthorizer(
                new JwtAuthorizer(services.config.jwt(), services.metrics.registry, services.platform),
                services.platform.clock(),
                services.platform.nanoTime(),
                services.revocations::checked);
    }

    NodeAuthorizer all() {
        return all;
    }

    /** Whether the application at the URL answers; empty: there is no URL. */
    Optional<Boolean> available() {
        return Optional.ofNullable(http).map(HttpAuthorizer::isAvailable);
    }

    /** Makes answers invalid; the number of tokens whose answers were held. */
    int invalidate(ControlMessage.Invalidate message) {
        return leasing == null
                ? 0
                : leasing.invalidate(
                        switch (message.target()) {
                            case ALL -> new Invalidation.All();
                            case TENANT -> new Invalidation.OfTenant(message.tenant());
                            case USER -> new Invalidation.OfUser(message.tenant(), message.name());
                            case TOKEN -> new Invalidation.OfToken(message.name());
                        });
    }

    @Override
    public void close() {
        if (http != null) {
            http.close();
        }
    }
}
