package dev.carillon.lab.simulation.page;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.extension.CallHandler;
import dev.carillon.lab.simulation.host.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Calls between nodes, in place of requests over HTTP to internal ports: a call and its answer take a time by seed, are lost while a fault says so, and fail after a
 * time limit. Which nodes can be called is what the registry of the calling node says, by the rules of the server's {@code Control}.
 */
final class Calls {
    private static final long MAX_NETWORK_NANOS = 4_000_000;
    private static final long LIMIT_NANOS = 5_000_000_000L;

    private final Schedule schedule;
    private final SplittableRandom random;
    private final List<PageNode> nodes;
    private final List<Long> lostUntilNanos = new ArrayList<>();

    /** @param nodes the present life at each place */
    Calls(Schedule schedule, SplittableRandom random, List<PageNode> nodes, int places) {
        this.schedule = schedule;
        this.random = random;
        this.nodes = nodes;
        for (int i = 0; i < places; i++) {
            lostUntilNanos.add(0L);
        }
    }

    void lose(int place, long nanos) {
        lostUntilNanos.set(place, schedule.nanos() + nanos);
    }

    void heal() {
        lostUntilNanos.replaceAll(x -> 0L);
    }

    /** Calls one life of a node; empty if it is this one, or none that lives. */
    CompletionStage<Optional<String>> call(PageNode from, String id, long generation, String name, String body) {
        NodeRegistry registry = from.registry();
        if (id.equals(from.host().name())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        if (lives(registry, id, generation)) {
            return send(from, id, generation, name, body);
        }
        if (registry.hasEnded(id, generation)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return registry.refresh()
                .thenCompose(x -> lives(registry, id, generation)
                        ? send(from, id, generation, name, body)
                        : CompletableFuture.completedFuture(Optional.empty()));
    }

    /** Calls a node; empty if it is unknown, or this one. */
    CompletionStage<Optional<String>> call(PageNode from, String id, String name, String body) {
        if (id.equals(from.host().name())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        NodeRegistry registry = from.registry();
        Optional<Long> known = generation(registry, id);
        if (known.isPresent()) {
            return send(from, id, known.get(), name, body);
        }
        return registry.refresh()
                .handle((x, e) -> generation(registry, id))
                .thenCompose(found -> found.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : send(from, id, found.get(), name, body));
    }

    private static boolean lives(NodeRegistry registry, String id, long generation) {
        return generation(registry, id).filter(found -> found == generation).isPresent();
    }

    private static Optional<Long> generation(NodeRegistry registry, String id) {
        return registry.nodes().stream()
                .filter(node -> node.id().equals(id) && node.address().isPresent())
                .map(NodeRecord::generation)
                .findFirst();
    }

    private CompletableFuture<Optional<String>> send(
            PageNode from, String id, long generation, String name, String body) {
        CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
        // Not of the calling host: a thread of a host that has ended must end, too.
        schedule.after(LIMIT_NANOS, () -> from.host().step(() -> answer.completeExceptionally(unreachable())));
        PageNode to = nodes.get(place(id));
        if (!isLost(from) && !isLost(to)) {
            schedule.after(delay(), () -> arrive(from, to, generation, name, body, answer));
        }
        return answer;
    }

    private void arrive(
            PageNode from,
            PageNode to,
            long generation,
            String name,
            String body,
            CompletableFuture<Optional<String>> answer) {
        CallHandler handler = to.handler(name);
        if (!to.host().alive() || handler == null) {
            reply(from, to, answer, null, unreachable());
            return;
        }
        to.host().run(() -> {
            if (to.generation() != generation) {
                reply(from, to, answer, null, new CarillonException(ErrorCode.WRONG_NODE, "another life of the node"));
                return;
            }
            to.thread("call", () -> {
                try {
                    reply(from, to, answer, handler.handle(body), null);
                } catch (CarillonException e) {
                    reply(from, to, answer, null, e);
                } catch (CompletionException | IllegalStateException e) {
                    reply(from, to, answer, null, new CarillonException(ErrorCode.INTERNAL, "the call failed", e));
                }
            });
        });
    }

    private void reply(
            PageNode from,
            PageNode to,
            CompletableFuture<Optional<String>> answer,
            @Nullable String text,
            @Nullable CarillonException failure) {
        if (isLost(from) || isLost(to)) {
            return;
        }
        schedule.after(
                delay(),
                () -> from.host().run(() -> {
                    if (failure != null) {
                        answer.completeExceptionally(
                                new CarillonException(failure.code(), String.valueOf(failure.getMessage())));
                    } else {
                        answer.complete(Optional.ofNullable(text));
                    }
                }));
    }

    private boolean isLost(PageNode node) {
        return schedule.nanos() < lostUntilNanos.get(node.place());
    }

    private static int place(String id) {
        return Integer.parseInt(id.substring(id.indexOf('-') + 1));
    }

    private long delay() {
        return random.nextLong(MAX_NETWORK_NANOS);
    }

    private static CarillonException unreachable() {
        return new CarillonException(ErrorCode.NODE_UNREACHABLE, "the node does not answer");
    }
}
