package dev.carillon.rebalance;

import dev.carillon.base.Text;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The turn to rebalance. */
public final class RebalanceForms {
    private RebalanceForms() {}

    /** Only the process that wrote it reads more than that there is one. */
    public static List<WireForm> all() {
        return List.of(WireForm.text(
                "turn to rebalance",
                RebalanceTurn.class,
                Text.utf8("n1 7"),
                "n1 7 later",
                "n1 7",
                bytes -> new String(bytes, StandardCharsets.UTF_8).startsWith("n1 ")));
    }
}
