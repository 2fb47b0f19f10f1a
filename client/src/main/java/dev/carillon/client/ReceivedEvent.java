package dev.carillon.client;

import java.util.Optional;

/**
 * An event of a subscription.
 *
 * @param id empty for events without history
 * @param type {@code message} if the event has none
 * @param data the text, or the text of the JSON value
 */
public record ReceivedEvent(Optional<String> id, String type, String data) {}
