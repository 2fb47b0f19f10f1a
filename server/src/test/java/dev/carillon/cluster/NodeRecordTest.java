package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Text;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeRecordTest {
    @Test
    void record_survives_encoding_and_decoding() {
        NodeRecord written = new NodeRecord("n1", 7, Optional.of(new NodeAddress("fd00::5", 7_080)), 3, 4);

        assertThat(NodeRecord.of(written.bytes())).contains(written);
    }

    @Test
    void record_of_an_older_release_has_no_address() {
        byte[] older = Text.utf8(
                "{\"id\":\"n1\",\"generation\":7,\"address\":\"127.0.0.1:8080\",\"contexts\":3,\"streams\":4}");

        assertThat(NodeRecord.of(older)).contains(new NodeRecord("n1", 7, Optional.empty(), 3, 4));
    }

    @Test
    void fields_of_a_newer_release_and_an_unusable_address_are_ignored() {
        byte[] newer = Text.utf8("{\"id\":\"n1\",\"generation\":7,\"internal\":\"0.0.0.0:1\",\"zone\":{\"a\":1}}");

        assertThat(NodeRecord.of(newer)).contains(new NodeRecord("n1", 7, Optional.empty(), 0, 0));
    }
}
