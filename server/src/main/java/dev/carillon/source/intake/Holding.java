package dev.carillon.source.intake;

import java.time.Duration;

/** Whether the node may go on with a source: it holds the lease, and neither drains nor stops. */
interface Holding {
    boolean goesOn();

    /** Waits for a time, or less if it ends. @return {@link #goesOn} */
    boolean pause(Duration length);
}
