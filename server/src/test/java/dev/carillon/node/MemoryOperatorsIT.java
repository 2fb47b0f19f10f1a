package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.SseClient;
import org.junit.jupiter.api.Test;

/** The contract of operators' actions on nodes of one process. */
class MemoryOperatorsIT extends OperatorsContract {
    @Override
    protected String broker() {
        return "memory://operators";
    }

    /** Takes as long as the first token; once, as no broker is involved. */
    @Test
    void a_stream_that_was_renewed_outlives_its_first_token() {
        String shortly = tokenOf("ann", 8);
        SseClient stream = stream(0, "/events", Hub.bearer(shortly));
        SseClient expiring = stream(0, "/events", Hub.bearer(shortly));
        String cookie = String.valueOf(stream.header("Set-Cookie")).split(";", 2)[0];

        assertThat(renew(1, tokenOf("ann", 600), cookie, stream.opening("context"))
                        .statusCode())
                .isEqualTo(200);

        await().until(expiring::hasEnded);
        TestCluster.broadcast(cluster.node(1), "{\"scope\":\"user:ann\",\"data\":\"still here\"}");
        stream.awaitData("still here");
    }
}
