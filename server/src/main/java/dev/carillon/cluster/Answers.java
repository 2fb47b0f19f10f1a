package dev.carillon.cluster;

import dev.carillon.base.ErrorCode;
import java.util.List;

/**
 * What the nodes of the cluster answered, each list in the order of the ids.
 *
 * @param missing nodes that could not be asked, or whose answer is missing: whether they did what they were asked is not known
 * @param current false: the registry could not be read, so that nodes that came within the last seconds were not asked
 */
public record Answers<T>(List<Answer<T>> answered, List<Missing> missing, boolean current) {
    public record Answer<T>(NodeRecord node, T value) {}

    /** @param reason for people */
    public record Missing(NodeRecord node, ErrorCode code, String reason) {}

    public Answers {
        answered = List.copyOf(answered);
        missing = List.copyOf(missing);
    }
}
