package dev.carillon.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.containers.Servers.Source;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServersTest {
    private static final List<Source> BOTH = List.of(Source.CONTAINER, Source.LOCAL);

    @Test
    void order_of_sources_is_that_of_the_property() {
        assertThat(Servers.order("container,local")).containsExactly(Source.CONTAINER, Source.LOCAL);
        assertThat(Servers.order("container")).containsExactly(Source.CONTAINER);
        assertThatThrownBy(() -> Servers.order("docker"))
                .hasMessage(
                        "carillon.test.servers: docker: must be local, container, or both in an order, separated by a comma");
    }

    @Test
    void next_source_is_tried_if_one_is_absent() {
        List<Source> tried = new ArrayList<>();

        assertThatThrownBy(() -> Servers.first(BOTH, source -> {
                    tried.add(source);
                    throw new Servers.AbsentException("no " + source);
                }))
                .hasMessage("no CONTAINER; no LOCAL; run ./carillon test, which installs what is missing");
        assertThat(tried).isEqualTo(BOTH);
    }

    @Test
    void server_that_does_not_start_is_an_error_and_no_reason_for_another_source() {
        List<Source> tried = new ArrayList<>();

        assertThatThrownBy(() -> Servers.first(BOTH, source -> {
                    tried.add(source);
                    throw new IllegalStateException("did not start");
                }))
                .hasMessage("did not start");
        assertThat(tried).containsExactly(Source.CONTAINER);
    }
}
