package dev.carillon.session;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.util.List;
import java.util.Optional;

/** The data of a session. */
public final class SessionForms {
    private SessionForms() {}

    public static List<WireForm> all() {
        return List.of(WireForm.text(
                "data of a session",
                SessionData.class,
                Text.utf8("{\"name\":\"Ann\"}"),
                "{\"name\":\"Ann\",\"later\":{\"a\":[1]},\"count\":3,\"none\":null}",
                "{}",
                bytes -> SessionData.read(
                        Optional.of(new Store.Entry(new Store.Key(Tenant.DEFAULT, "session", "s1"), bytes, 1)))));
    }
}
