package dev.carillon.broker.redis.script;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The reply of a script: a list of texts, numbers, bytes and lists of numbers. */
public record ScriptReply(List<Object> parts) {
    /** Whether the script refused because no epoch is open in this life of the server. */
    public boolean needsEpoch() {
        return size() == 1 && parts.getFirst() instanceof byte[] && text(0).equals("epoch");
    }

    public int size() {
        return parts.size();
    }

    public String text(int index) {
        return new String(bytes(index), StandardCharsets.UTF_8);
    }

    public long number(int index) {
        return (Long) parts.get(index);
    }

    @SuppressWarnings("unchecked")
    public List<Long> numbers(int index) {
        return (List<Long>) parts.get(index);
    }

    public byte[] bytes(int index) {
        return (byte[]) parts.get(index);
    }
}
