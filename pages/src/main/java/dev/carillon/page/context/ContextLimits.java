package dev.carillon.page.context;

import dev.carillon.page.signal.SharedBounds;
import java.time.Duration;

/**
 * Limits of contexts and of what they share.
 *
 * @param actionTimeout time limit of an action
 * @param actionsPerSecond actions of one client per second on average; twice as many at once
 */
public record ContextLimits(Duration actionTimeout, int actionsPerSecond, SharedBounds shared) {}
