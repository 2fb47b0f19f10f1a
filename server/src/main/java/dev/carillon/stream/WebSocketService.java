package dev.carillon.stream;

import dev.carillon.auth.Authorizer;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.context.Contexts;
import dev.carillon.limits.MemoryBudget;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all WebSockets of a node share.
 *
 * @param unauthenticated number of open WebSockets that have not sent a valid token yet, of those that must
 */
record WebSocketService(
        StreamConfig config,
        ContextStreams streams,
        Contexts contexts,
        Authorizer authorizer,
        Broadcaster broadcaster,
        MemoryBudget budget,
        InstantSource clock,
        AtomicInteger unauthenticated) {}
