package dev.carillon.broker;

import dev.carillon.scope.Tenant;

/**
 * A series of events of one tenant in which each event names its predecessor, so that a missing event can be detected. The broker decides
 * which chains exist (one per scope, one per subject); their names are only compared.
 */
public record Chain(Tenant tenant, String name) {}
