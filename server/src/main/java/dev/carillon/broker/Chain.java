package dev.carillon.broker;

import dev.carillon.scope.Tenant;

/**
 * A series of events of one tenant in which each names the one before it, so that a missing one shows. Which chains there are
 * is the broker's affair (a scope's, a subject's); their names are compared and nothing else.
 */
public record Chain(Tenant tenant, String name) {}
