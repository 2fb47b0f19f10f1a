package dev.carillon.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of one broadcast of a batch.
 *
 * @param id of the event; empty: the broadcast was refused
 * @param error why it was refused; null: it was not
 */
public record BroadcastResult(Optional<String> id, @Nullable ClientException error) {
    public boolean isAccepted() {
        return error == null;
    }
}
