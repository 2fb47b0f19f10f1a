package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.limits.MemoryBudget;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;

/**
 * The memory budget and client address to which a request's memory is charged.
 *
 * @param address key of the client's address, as {@link AddressLimits#key} makes it
 */
public record RequestMemory(MemoryBudget budget, long address) {
    private static final AttachmentKey<RequestMemory> KEY = AttachmentKey.create(RequestMemory.class);
    private static final RequestMemory UNLIMITED = new RequestMemory(MemoryBudget.unlimited(), MemoryBudget.NO_ADDRESS);

    void attach(HttpServerExchange exchange) {
        exchange.putAttachment(KEY, this);
    }

    public static RequestMemory of(HttpServerExchange exchange) {
        RequestMemory memory = exchange.getAttachment(KEY);
        return memory == null ? UNLIMITED : memory;
    }

    /**
     * Charges memory until the end of the request.
     *
     * @throws CarillonException {@code too-many-requests} or {@code overloaded}
     */
    public static MemoryBudget.Charge charge(HttpServerExchange exchange, MemoryBudget.Use use, long bytes) {
        RequestMemory memory = of(exchange);
        MemoryBudget.Charge charge = memory.budget.open(memory.address, use);
        charge.require(bytes);
        exchange.addExchangeCompleteListener((x, next) -> {
            charge.close();
            next.proceed();
        });
        return charge;
    }
}
