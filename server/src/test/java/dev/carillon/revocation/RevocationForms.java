package dev.carillon.revocation;

import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.time.Instant;
import java.util.List;

/** The record of a revocation. */
public final class RevocationForms {
    private RevocationForms() {}

    public static List<WireForm> all() {
        Revocation revocation = new Revocation(
                new Revocation.Subject(Revocation.Kind.USER, new Tenant("acme"), "ann"),
                Instant.ofEpochSecond(1_000),
                Instant.ofEpochSecond(2_000));
        return List.of(WireForm.json(
                "revocation",
                Revocations.class,
                revocation.bytes(),
                "{\"kind\":\"user\",\"tenant\":\"acme\",\"name\":\"ann\",\"until\":2000}",
                bytes -> Revocation.of(bytes).orElseThrow()));
    }
}
