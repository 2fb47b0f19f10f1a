package dev.carillon.patch;

/**
 * An event {@code datastar-patch-signals} (Datastar SDK specification, section "ServerSentEventGenerator.PatchSignals").
 *
 * @param json a merge patch (RFC 7386)
 * @param onlyIfMissing whether signals that exist keep their values
 */
record SignalsPatch(String json, boolean onlyIfMissing) {
    static final String TYPE = "datastar-patch-signals";

    PatchEvent event() {
        DataLines lines = new DataLines()
                .option("onlyIfMissing", onlyIfMissing ? "true" : null)
                .text("signals", json);
        return new PatchEvent(TYPE, lines.toString());
    }
}
