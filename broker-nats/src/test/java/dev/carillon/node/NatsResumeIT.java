package dev.carillon.node;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("nats")
class NatsResumeIT extends ResumeContract {
    private final TestServer server = Servers.nats();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }

    /** Redis has it by default. */
    @Override
    @Test
    @Tag("full")
    @SuppressWarnings("JUnitMethodInvoked") // the contract's, with another tag
    void an_id_that_is_many_thousands_of_events_old_is_found_and_all_since_comes_in_order() throws Exception {
        super.an_id_that_is_many_thousands_of_events_old_is_found_and_all_since_comes_in_order();
    }

    /** Redis has it by default. */
    @Override
    @Test
    @Tag("full")
    @SuppressWarnings("JUnitMethodInvoked") // the contract's, with another tag
    void clients_that_reconnect_repeatedly_under_traffic_have_every_event_once_in_order() throws Exception {
        super.clients_that_reconnect_repeatedly_under_traffic_have_every_event_once_in_order();
    }
}
