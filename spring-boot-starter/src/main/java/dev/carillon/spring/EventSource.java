package dev.carillon.spring;

import dev.carillon.client.HistoryPage;
import java.util.List;

/** Where an emitter has its events from. */
interface EventSource {
    /**
     * From now on the emitter gets every event of its topics.
     *
     * @return the cursor of the position after which it gets them
     * @throws dev.carillon.client.ClientException the cluster is not reachable, or refuses the topics
     */
    String join(LiveEmitter emitter) throws InterruptedException;

    /** As {@link dev.carillon.client.CarillonClient#history}; a few at a time. */
    HistoryPage history(List<String> scopes, String after) throws InterruptedException;

    /** The emitter has ended. */
    void leave(LiveEmitter emitter);
}
