package dev.carillon.spring;

import dev.carillon.client.ClientException;
import dev.carillon.client.FeedEvent;
import dev.carillon.client.Gap;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open response: a bounded queue, and the thread that writes its events. The policy of the queue is to disconnect: when it is full, the client is too slow;
 * the queue is dropped, and the client resumes when it reconnects. Other threads add and end only, and do not block.
 */
final class LiveEmitter {
    private static final Logger LOGGER = LoggerFactory.getLogger(LiveEmitter.class);
    private static final Duration RETRY_LEAST = Duration.ofMillis(500);
    private static final Duration RETRY_MOST = Duration.ofMillis(2_500);
    private static final Duration REFUSED_LEAST = Duration.ofSeconds(2);
    private static final Duration REFUSED_MOST = Duration.ofSeconds(5);

    private sealed interface Item {}

    private record Event(FeedEvent event) implements Item {}

    private record Missing(Gap gap) implements Item {}

    private record End() implements Item {}

    private final SseOutput output;
    private final Set<String> topics;
    /** Empty: the client is new. */
    private final String lastEventId;

    private final CarillonProperties.Emitters limits;
    private final EmitterRuntime runtime;
    private final BlockingQueue<Item> queue;
    private final AtomicLong characters = new AtomicLong();
    /** Why it ends; null: it does not. */
    private final AtomicReference<@Nullable String> ending = new AtomicReference<>();

    LiveEmitter(
            SseOutput output,
            Set<String> topics,
            String lastEventId,
            CarillonProperties.Emitters limits,
            EmitterRuntime runtime) {
        this.output = output;
        this.topics = topics;
        this.lastEventId = lastEventId;
        this.limits = limits;
        this.runtime = runtime;
        this.queue = new ArrayBlockingQueue<>(limits.queue());
    }

    Set<String> topics() {
        return topics;
    }

    void add(FeedEvent event) {
        if (characters.addAndGet(event.data().length()) > limits.queueBytes()) {
            end("slow");
        } else {
            add(new Event(event));
        }
    }

    void add(Gap gap) {
        add(new Missing(gap));
    }

    private void add(Item item) {
        if (ending.get() == null && !queue.offer(item)) {
            end("slow");
        }
    }

    /** Ends the response; the events that wait are dropped. Only the first reason counts. */
    void end(String reason) {
        if (ending.compareAndSet(null, reason)) {
            queue.clear();
            boolean _ = queue.offer(new End());
        }
    }

    /** The work of the writing thread: from the join to the end of the response. */
    void run(EventSource source) {
        try {
            write(source);
            output.end(String.valueOf(ending.get()), runtime.between(RETRY_LEAST, RETRY_MOST));
        } catch (ClientException e) {
            refuse(endingOr("unavailable"));
        } catch (BehindException e) {
            LOGGER.warn("an emitter is refused: {}", e.getMessage());
            refuse("unavailable");
        } catch (RejectedExecutionException e) {
            if (ending.get() == null) {
                LOGGER.warn("an emitter is refused: {}", e.getMessage());
            }
            refuse(endingOr("overloaded"));
        } catch (IOException | IllegalStateException e) {
            end("client-left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end("client-left");
            source.leave(this);
            output.complete();
        }
    }

    private String endingOr(String reason) {
        return Objects.requireNonNullElse(ending.get(), reason);
    }

    /** Asks the client to come back, with the position that it has. */
    void refuse(String reason) {
        try {
            output.end(reason, runtime.between(REFUSED_LEAST, REFUSED_MOST));
        } catch (IOException | IllegalStateException e) {
            end("client-left");
        }
    }

    private void write(EventSource source) throws BehindException, IOException, InterruptedException {
        String live = source.join(this);
        if (ending.get() != null) {
            return;
        }
        Duration retry = runtime.between(RETRY_LEAST, RETRY_MOST);
        Resume resume = new Resume(source, scopes(), output, limits.queue(), () -> ending.get() != null);
        if (lastEventId.isEmpty()) {
            output.open(retry, Optional.of(live));
        } else {
            output.open(retry, Optional.empty());
            resume.run(live, lastEventId);
        }
        while (ending.get() == null) {
            Item item = queue.poll(limits.heartbeat().toMillis(), TimeUnit.MILLISECONDS);
            switch (item) {
                case null -> output.heartbeat();
                case Event next -> {
                    if (!resume.isRepeat(next.event)) {
                        output.event(next.event);
                    }
                    // What is being written is still in memory.
                    characters.addAndGet(-next.event.data().length());
                }
                case Missing next -> output.gap(next.gap, Optional.empty());
                case End _ -> {
                    return;
                }
            }
        }
    }

    private List<String> scopes() {
        List<String> scopes = new ArrayList<>();
        scopes.add("global");
        topics.forEach(topic -> scopes.add("topic:" + topic));
        return scopes;
    }
}
