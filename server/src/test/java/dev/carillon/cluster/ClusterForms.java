package dev.carillon.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The forms of the registry, of calls between nodes and of their answers. */
public final class ClusterForms {
    private static final Tenant ACME = new Tenant("acme");
    private static final ConnectionFilter FILTER =
            new ConnectionFilter(ACME, "ann", "s1", "c1", Scope.topic("news"), "tv");

    private ClusterForms() {}

    public static List<WireForm> all() {
        List<WireForm> forms = new ArrayList<>(messages());
        forms.add(WireForm.json(
                "node record",
                NodeRegistry.class,
                new NodeRecord("n1", 7, Optional.of(new NodeAddress("10.0.0.1", 7_080)), 3, 4).bytes(),
                "{\"id\":\"n1\",\"generation\":7}",
                NodeRecord::of));
        forms.add(WireForm.text(
                "identity of the cluster",
                ClusterIdentity.class,
                Text.utf8("0011223344556677"),
                "0011223344556677",
                "0011223344556677",
                bytes -> new String(bytes, StandardCharsets.UTF_8)));
        forms.add(WireForm.json(
                "answer: health",
                Control.class,
                new NodeHealth("serving", "1", new BrokerState("redis", false, true, 2, List.of("10.0.0.1:6379")), 3, 4)
                        .bytes(),
                "{\"state\":\"serving\"}",
                NodeHealth::read));
        // What consoles show, as it is: each page reads the members that it knows.
        forms.add(WireForm.json(
                "answer: what consoles show",
                Control.class,
                Text.utf8("{\"node\":\"n1\"}"),
                "{}",
                bytes -> Control.object(bytes).path("node").asText()));
        forms.add(WireForm.json(
                "answer: number",
                Control.class,
                Control.answer("closed", 3),
                "{\"closed\":3}",
                bytes -> Control.number(bytes, "closed")));
        // Each connection is for operators, as it is.
        forms.add(WireForm.json(
                "answer: connections",
                Control.class,
                new ConnectionList(
                                3, List.of(new JsonMapper().createObjectNode().put("context", "c1")))
                        .bytes(),
                "{\"matching\":3,\"connections\":[]}",
                bytes -> ConnectionList.read(bytes).matching()));
        forms.add(WireForm.json(
                "head of a streamed call",
                StreamedCall.class,
                new StreamedCall("pages/x", "text").bytes(),
                "{\"version\":1,\"name\":\"pages/x\",\"text\":\"\"}",
                StreamedCall::read));
        return forms;
    }

    private static List<WireForm> messages() {
        return List.of(
                message(
                        new ControlMessage.Disconnect(ACME, "c1"),
                        "{\"version\":1,\"type\":\"disconnect\",\"tenant\":\"acme\",\"context\":\"c1\"}"),
                message(
                        new ControlMessage.Invalidate(ControlMessage.Invalidate.Target.USER, ACME, "ann"),
                        "{\"version\":1,\"type\":\"invalidate\",\"target\":\"ALL\",\"tenant\":\"acme\"}"),
                message(
                        new ControlMessage.ListConnections(FILTER, 10),
                        "{\"version\":1,\"type\":\"list-connections\",\"limit\":10}"),
                message(
                        new ControlMessage.CloseConnections(FILTER, "bye"),
                        "{\"version\":1,\"type\":\"close-connections\",\"filter\":{\"user\":\"ann\"}}"),
                message(
                        new ControlMessage.Renew(ACME, "c1", "s1", "token"),
                        "{\"version\":1,\"type\":\"renew\",\"tenant\":\"acme\",\"context\":\"c1\"}"),
                message(
                        new ControlMessage.ReleaseContext(ACME, "c1", "client"),
                        "{\"version\":1,\"type\":\"release-context\",\"tenant\":\"acme\",\"context\":\"c1\"}"),
                message(
                        new ControlMessage.ReleaseStreams(5, 10),
                        "{\"version\":1,\"type\":\"release-streams\",\"count\":5,\"rate\":10}"),
                message(new ControlMessage.Observe(true), "{\"version\":1,\"type\":\"observe\"}"),
                message(new ControlMessage.BeginDrain(), "{\"version\":1,\"type\":\"begin-drain\"}"),
                message(
                        new ControlMessage.SetLogLevel("dev.carillon.feed", "debug"),
                        "{\"version\":1,\"type\":\"set-log-level\",\"logger\":\"dev.carillon\",\"level\":\"info\"}"),
                message(new ControlMessage.Explain("{}"), "{\"version\":1,\"type\":\"explain\",\"question\":\"{}\"}"),
                message(
                        new ControlMessage.CallExtension("pages/x", "body"),
                        "{\"version\":1,\"type\":\"call-extension\",\"name\":\"pages/x\"}"));
    }

    private static WireForm message(ControlMessage message, String before) {
        return WireForm.json(
                "message " + message.getClass().getSimpleName(),
                message.getClass(),
                message.bytes(),
                before,
                ControlMessage::read);
    }
}
