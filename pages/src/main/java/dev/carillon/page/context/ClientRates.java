package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** How many actions the clients of a node run. One entry for each client with a context. Thread-safe. */
final class ClientRates {
    private final int perSecond;
    private final LongSupplier nanoTime;
    private final Map<ClientIdentity, Client> clients = new ConcurrentHashMap<>();

    private record Client(ActionRate rate, int contexts) {}

    ClientRates(int perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
    }

    /** A client has one more context. */
    void add(ClientIdentity owner) {
        clients.merge(
                owner,
                new Client(new ActionRate(perSecond, nanoTime), 1),
                (before, first) -> new Client(before.rate(), before.contexts() + 1));
    }

    /** A client has one less. */
    void remove(ClientIdentity owner) {
        clients.computeIfPresent(
                owner, (o, client) -> client.contexts() == 1 ? null : new Client(client.rate(), client.contexts() - 1));
    }

    /** @throws CarillonException {@code too-many-requests} */
    void require(ClientIdentity owner) {
        Client client = clients.get(owner);
        if (client != null && !client.rate().permits()) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS, "this browser runs more than " + perSecond + " actions per second");
        }
    }
}
