package dev.carillon.node;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node has opened, in order. Closed in reverse order, also when the start fails halfway. */
final class Resources implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Resources.class);

    private final List<AutoCloseable> opened = new ArrayList<>();

    <T extends AutoCloseable> T add(T resource) {
        opened.add(resource);
        return resource;
    }

    /** A resource that fails to close is logged and does not keep the others open. */
    @Override
    public void close() {
        for (AutoCloseable resource : opened.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                LOGGER.warn("a part of the node did not close", e);
            }
        }
    }
}
