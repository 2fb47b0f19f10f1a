package dev.carillon.quota;

import dev.carillon.scope.Tenant;

/**
 * What a tenant uses on one node, averaged over some seconds, refused use included.
 *
 * @param limit in the whole cluster
 * @param connections open now
 * @param events broadcast per second
 * @param bytes broadcast per second
 */
public record TenantUse(Tenant tenant, TenantLimit limit, int connections, double events, double bytes) {}
