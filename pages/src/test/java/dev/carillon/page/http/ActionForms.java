package dev.carillon.page.http;

import dev.carillon.base.Text;
import dev.carillon.extension.Cookie;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Actions that are passed on, and their outcome. */
public final class ActionForms {
    private ActionForms() {}

    public static List<WireForm> all() {
        String action = ForwardedActions.write(new ActionCall(
                new ClientIdentity(new Tenant("acme"), "session", "ann"),
                "/a",
                "c1",
                "add",
                Map.of(PageDocument.CONTEXT_FIELD, "c1", "text", "x"),
                Map.of("who", "ann")));
        String outcome = new ActionOutcome(
                        "/a", "/b", List.of(new Cookie("c", "v", Duration.ofSeconds(9), true, "Strict")), null, null)
                .write();
        return List.of(
                WireForm.text(
                        "action that is passed on",
                        ForwardedActions.class,
                        Text.utf8(action),
                        "later=x&" + action,
                        "tenant=acme&session=session&action=add\n" + PageDocument.CONTEXT_FIELD + "=c1",
                        bytes -> ForwardedActions.read(text(bytes), FormBody::read)),
                // After its first line it has the form above.
                WireForm.text(
                        "form with files that is passed on",
                        ForwardedUploads.class,
                        Text.utf8("type=t&total=9&received=1"),
                        "type=t&total=9&received=1&later=x",
                        "type=t",
                        bytes ->
                                String.valueOf(FormBody.readTrusted(text(bytes)).get("type"))),
                WireForm.text(
                        "outcome of an action",
                        ActionOutcome.class,
                        Text.utf8(outcome),
                        outcome + "&later=x&partitioned0=true",
                        "path=%2Fa&name0=c&value0=v&age0=&scripts0=false",
                        bytes -> ActionOutcome.read(text(bytes))));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
