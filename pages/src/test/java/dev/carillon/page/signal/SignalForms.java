package dev.carillon.page.signal;

import dev.carillon.base.Text;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A shared signal. Its text is the application's. */
public final class SignalForms {
    private SignalForms() {}

    public static List<WireForm> all() {
        String now = new StoredSignal("n1/7:3 n2/8:1", "5").stored();
        return List.of(WireForm.text(
                "shared signal",
                SharedState.class,
                Text.utf8(now),
                now.replace("\n", " later=x\n"),
                "5",
                bytes -> StoredSignal.of(new String(bytes, StandardCharsets.UTF_8))
                        .text()));
    }
}
