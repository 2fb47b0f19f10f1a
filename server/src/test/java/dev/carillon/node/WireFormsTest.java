package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import dev.carillon.cluster.ClusterForms;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.context.ContextForms;
import dev.carillon.lease.LeaseForms;
import dev.carillon.presence.PresenceForms;
import dev.carillon.quota.QuotaForms;
import dev.carillon.rebalance.RebalanceForms;
import dev.carillon.revocation.RevocationForms;
import dev.carillon.scope.EventForms;
import dev.carillon.session.SessionForms;
import dev.carillon.source.intake.SourceForms;
import dev.carillon.subscriptions.SubscriptionForms;
import dev.carillon.webhook.WebhookForms;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form that crosses nodes or outlives a process is read across neighbouring releases. A new form must be added here: ArchitectureTest finds it. */
public class WireFormsTest {
    public static List<WireForm> forms() {
        return Stream.of(
                        EventForms.all(),
                        ClusterForms.all(),
                        ContextForms.all(),
                        LeaseForms.all(),
                        List.of(LeaseForms.of(WebhookForms.leaseOwner()), LeaseForms.of(ExtensionLease.class)),
                        SourceForms.all(),
                        PresenceForms.all(),
                        SubscriptionForms.all(),
                        RevocationForms.all(),
                        QuotaForms.all(),
                        WebhookForms.all(),
                        SessionForms.all(),
                        RebalanceForms.all(),
                        // Whose turn it is; only the process that wrote it reads more than that there is one.
                        List.of(WireForm.text(
                                "turn to restart",
                                MaxAge.class,
                                Text.utf8("n1 7"),
                                "n1 7 later",
                                "n1 7",
                                bytes -> new String(bytes, StandardCharsets.UTF_8).startsWith("n1 "))))
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void form_of_the_next_release_is_read_as_far_as_it_is_known(WireForm form) {
        assertThat(form.read().apply(form.next())).isEqualTo(form.read().apply(form.now()));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void form_of_the_release_before_is_read(WireForm form) {
        assertThat(form.read().apply(form.before())).isNotNull();
    }

    @Test
    void control_messages_are_among_the_forms() {
        assertThat(names())
                .containsAll(Stream.of(ControlMessage.class.getPermittedSubclasses())
                        .map(Class::getName)
                        .toList());
    }

    @Test
    void criterion_of_a_later_release_never_widens_a_filter() {
        byte[] later = Text.utf8(
                "{\"version\":1,\"type\":\"close-connections\",\"filter\":{\"tenant\":\"acme\",\"device\":\"tv\"}}");

        assertThatThrownBy(() -> ControlMessage.read(later))
                .isInstanceOf(CarillonException.class)
                .hasMessageContaining("device")
                .extracting(e -> ((CarillonException) e).code().code())
                .isEqualTo("unknown-message");
    }

    /** The classes that write forms. */
    public static Set<String> names() {
        return forms().stream().map(form -> form.writer().getName()).collect(Collectors.toSet());
    }
}
