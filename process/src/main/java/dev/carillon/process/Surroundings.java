package dev.carillon.process;

import java.util.List;
import java.util.Map;

/** What a server program runs in: the words that precede its command line, and changes of its environment variables. */
public interface Surroundings {
    /** Those of this process. */
    Surroundings PLAIN = new Surroundings() {};

    default List<String> prefix() {
        return List.of();
    }

    default void environment(Map<String, String> variables) {}
}
