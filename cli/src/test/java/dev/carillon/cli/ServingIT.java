package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Settings;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.NodeKeys;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.TestCertificate;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingIT {
    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void line_of_a_serving_node_names_its_scheme_and_can_be_parsed(String scheme) {
        ListenAddresses serving = new ListenAddresses("n1", scheme, "127.0.0.1", 8081, "127.0.0.1", 9081);

        assertThat(serving.line())
                .isEqualTo("carillon: node n1 serves " + scheme + "://127.0.0.1:8081, admin http://127.0.0.1:9081");
        assertThat(ListenAddresses.parse(serving.line())).contains(serving);
    }

    /** picocli warns of a description that is no format, as one with a single percent sign. */
    @Test
    void help_prints_nothing_on_standard_error() {
        try (CommandProcess help = CommandProcess.start(Map.of(), "serve", "--help")) {
            assertThat(help.status()).isZero();
            assertThat(help.err()).isEmpty();
        }
    }

    @Test
    void node_with_a_certificate_serves_https(@TempDir Path dir) throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "node", "EC");
        try (TestCluster cluster = new TestCluster("memory://serving", 1, certificate.settings())) {
            Settings settings = Settings.of(NodeKeys.ALL, certificate.settings());

            assertThat(ListenAddresses.of(cluster.node(0), settings).url())
                    .isEqualTo("https://127.0.0.1:" + cluster.node(0).port());
        }
    }
}
