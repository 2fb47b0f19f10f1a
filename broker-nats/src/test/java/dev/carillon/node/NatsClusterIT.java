package dev.carillon.node;

import dev.carillon.containers.Servers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("nats")
class NatsClusterIT extends RemoteClusterContract {
    NatsClusterIT() {
        super(Servers.nats());
    }

    /** Redis has it by default. */
    @Override
    @Test
    @Tag("full")
    @SuppressWarnings("JUnitMethodInvoked") // the contract's, with another tag
    void clients_of_a_node_whose_link_was_a_black_hole_get_all_in_order_under_traffic_and_in_silence() {
        super.clients_of_a_node_whose_link_was_a_black_hole_get_all_in_order_under_traffic_and_in_silence();
    }
}
