package dev.carillon.page.revival;

import dev.carillon.base.Text;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The request for a page that another node has. */
public final class RevivalForms {
    private RevivalForms() {}

    public static List<WireForm> all() {
        Releases.Wanted wanted = new Releases.Wanted(
                new ClientIdentity(new Tenant("acme"), "session", "ann"), "c1", Revivals.Use.ACTION);
        return List.of(
                WireForm.text(
                        "release of a page",
                        Releases.class,
                        Text.utf8(wanted.write()),
                        wanted.write() + " later more",
                        "acme c1 session ACTION ",
                        RevivalForms::read),
                WireForm.text(
                        "release of a page for a use of a later release",
                        Releases.class,
                        Text.utf8(wanted.write()),
                        wanted.write().replace("ACTION", "DOWNLOAD"),
                        "acme c1 session STREAM ",
                        RevivalForms::read));
    }

    private static Object read(byte[] bytes) {
        return Releases.Wanted.read(new String(bytes, StandardCharsets.UTF_8));
    }
}
