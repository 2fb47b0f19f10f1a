package com.example.embedded;

import dev.carillon.base.CloseReason;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamOpening;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A warehouse that embeds a node: it broadcasts orders from Java, receives them in Java, and browsers follow them at {@code /orders}.
 *
 * <p>The first argument is the address of the broker; without it the broker runs in this process.
 */
public final class Warehouse {
    private static final Scope ORDERS = Scope.topic("orders");

    private Warehouse() {}

    public static void main(String[] args) throws Exception {
        NodeConfig config = NodeConfig.builder()
                .development()
                .port(0)
                .adminPort(0)
                .internalPort(0)
                .broker(args.length > 0 ? args[0] : "memory")
                .jwtKey("a key of the example, which must have 32 bytes")
                .secrets("a secret of the example; the same on every node")
                .build();
        CountDownLatch received = new CountDownLatch(1);
        try (Node node = Node.builder(config)
                        .extension(context -> {
                            context.stream("/orders", request -> StreamOpening.of(ORDERS));
                            context.get("/closing-time", request -> Response.text(CloseReason.APPLICATION.code()));
                            return () -> {};
                        })
                        .start();
                AutoCloseable listening = node.listen(Tenant.DEFAULT, List.of(ORDERS), (event, id) -> {
                            System.out.println("received " + event.data());
                            received.countDown();
                        })
                        .toCompletableFuture()
                        .get()) {
            node.broadcaster()
                    .broadcast(Event.to(ORDERS).data("42 chairs").build())
                    .toCompletableFuture()
                    .get();
            if (!received.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the order was not received");
            }
        }
        System.out.println("done, in " + Warehouse.class.getModule());
    }
}
