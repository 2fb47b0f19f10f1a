package dev.carillon.mercure;

import dev.carillon.base.CloseReason;
import dev.carillon.delivery.ClientListener;

/** Releases what a subscriber holds when its stream has ended. */
record SubscriberListener(Runnable onClosed) implements ClientListener {
    @Override
    public String transport() {
        return "mercure";
    }

    @Override
    public void closed(CloseReason reason) {
        onClosed.run();
    }
}
