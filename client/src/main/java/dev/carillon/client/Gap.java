package dev.carillon.client;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Events are missing: load the state again.
 *
 * @param reason {@code unknown}, {@code history}, {@code repeated}, {@code late}, {@code lost}, {@code slow} or {@code epoch}, see docs/application.md
 * @param after cursor after which the missing events can be read, if known
 * @param dropped number of events that were dropped; 0: unknown
 */
public record Gap(String reason, Optional<String> after, int dropped) {
    static Gap of(Map<?, ?> data) {
        return new Gap(
                Objects.requireNonNullElse(Json.text(data, "reason"), ""),
                Optional.ofNullable(Json.text(data, "after")),
                Json.number(data, "dropped"));
    }
}
