package dev.carillon.cluster;

import dev.carillon.base.ErrorCode;
import java.util.List;

/**
 * The answers of the cluster's nodes, each list in order of node ids.
 *
 * @param missing nodes that could not be reached or did not answer; whether they acted on the request is unknown
 * @param current false: the registry could not be read, so that nodes which joined within the last seconds were not asked
 */
public record Answers<T>(List<Answer<T>> answered, List<Missing> missing, boolean current) {
    public record Answer<T>(NodeRecord node, T value) {}

    /** @param reason explanation for people */
    public record Missing(NodeRecord node, ErrorCode code, String reason) {}

    public Answers {
        answered = List.copyOf(answered);
        missing = List.copyOf(missing);
    }
}
