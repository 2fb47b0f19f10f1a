package dev.carillon.lab.simulation.client;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Lane;
import dev.carillon.scope.Event;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A node as its clients reach it. */
public interface ServingNode {
    Host host();

    /** The thread on which streams are opened. */
    Lane ioThread();

    /** Opens a stream, as the endpoint of event streams does. On the I/O thread. */
    void open(SimulatedPipe pipe, List<Interest> interests, String lastId, int client);

    CompletionStage<Appended> broadcast(Event event, Idempotency by);
}
