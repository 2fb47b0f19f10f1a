package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ClusterReportIT extends ProxyFixture {
    @Test
    void nodes_that_report_different_clusters_are_named_in_the_log() throws Exception {
        TestNode one = node();
        TestNode two = node();
        one.cluster = "c1";
        two.cluster = "c2";
        StickyProxy proxy = proxy();

        Awaitility.await().until(() -> !warnings().isEmpty());
        assertThat(warnings()).containsExactly("[clusters=\"c1: " + one.url() + "; c2: " + two.url() + "\"]");
        assertThat(view(proxy, one).state()).isEqualTo(NodeState.UP);
        assertThat(view(proxy, two).state()).isEqualTo(NodeState.UP);
    }

    private List<String> warnings() {
        return logged().stream()
                .filter(event -> event.getFormattedMessage().startsWith("the nodes belong to different clusters"))
                .map((ILoggingEvent event) -> String.valueOf(event.getKeyValuePairs()))
                .toList();
    }
}
