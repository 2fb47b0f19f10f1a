package com.example.embedded;

import dev.carillon.base.CloseReason;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamOpening;
import dev.carillon.node.Node;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A warehouse with a node of its own: orders are broadcast from Java, heard by Java, and followed by browsers at {@code /orders}.
 *
 * <p>The first argument is the broker's address; without one the broker is in this process.
 */
public final class Warehouse {
    private static final Scope ORDERS = Scope.topic("orders");

    private Warehouse() {}

    public static void main(String[] args) throws Exception {
        Map<String, String> settings = Map.of(
                "broker", args.length > 0 ? args[0] : "memory",
                "mode", "development",
                "port", "0",
                "admin-port", "0",
                "internal-port", "0",
                "jwt-key", "a key of the example, which must have 32 bytes",
                "secret", "a secret of the example, the same on every node");
        CountDownLatch heard = new CountDownLatch(1);
        try (Node node = Node.builder(settings)
                        .extension(context -> {
                            context.stream("/orders", request -> StreamOpening.of(ORDERS));
                            context.get("/closing-time", request -> Response.text(CloseReason.APPLICATION.code()));
                            return () -> {};
                        })
                        .start();
                AutoCloseable listening = node.listen(Tenant.DEFAULT, List.of(ORDERS), (event, id) -> {
                            System.out.println("heard " + event.data());
                            heard.countDown();
                        })
                        .toCompletableFuture()
                        .get()) {
            node.broadcaster()
                    .broadcast(Event.to(ORDERS).data("42 chairs").build())
                    .toCompletableFuture()
                    .get();
            if (!heard.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the order was not heard");
            }
        }
        System.out.println("done, in " + Warehouse.class.getModule());
    }
}
