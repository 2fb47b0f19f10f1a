package dev.carillon.broker.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The reply of a script: a list of texts, numbers, bytes and lists of numbers. */
record ScriptReply(List<Object> parts) {
    /** Whether the script refused because no epoch is open in this life of the server. */
    boolean needsEpoch() {
        return size() == 1 && parts.getFirst() instanceof byte[] && text(0).equals("epoch");
    }

    int size() {
        return parts.size();
    }

    String text(int index) {
        return new String(bytes(index), StandardCharsets.UTF_8);
    }

    long number(int index) {
        return (Long) parts.get(index);
    }

    @SuppressWarnings("unchecked")
    List<Long> numbers(int index) {
        return (List<Long>) parts.get(index);
    }

    byte[] bytes(int index) {
        return (byte[]) parts.get(index);
    }
}
