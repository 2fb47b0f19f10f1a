package dev.carillon.patch;

import org.jspecify.annotations.Nullable;

/**
 * An event that carries patches.
 *
 * @param type null: none, as {@code message} of an {@code EventSource}
 * @param data with line breaks LF alone
 */
public record PatchEvent(@Nullable String type, String data) {}
