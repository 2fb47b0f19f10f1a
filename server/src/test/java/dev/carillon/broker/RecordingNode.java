package dev.carillon.broker;

import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A broker that records the delivered events, as a node would see them. */
public final class RecordingNode implements AutoCloseable {
    private final Broker broker;
    private final List<Live> delivered = new ArrayList<>();
    private final List<HealthEvent> health = new CopyOnWriteArrayList<>();

    public RecordingNode(Broker broker) {
        this.broker = broker;
        broker.channel().listen(live -> {
            synchronized (delivered) {
                delivered.add(live);
            }
        });
        broker.health().listen(health::add);
    }

    public Broker broker() {
        return broker;
    }

    public Channel channel() {
        return broker.channel();
    }

    public List<HealthEvent> health() {
        return health;
    }

    /** Every delivery, in order. */
    public List<Live> delivered() {
        synchronized (delivered) {
            return List.copyOf(delivered);
        }
    }

    /** The first delivery of each event, as a node uses them. */
    public List<Live> events() {
        Map<Position, Live> first = new LinkedHashMap<>();
        for (Live live : delivered()) {
            first.putIfAbsent(new Position(live.at().epoch(), live.at().sequence(), 0), live);
        }
        return List.copyOf(first.values());
    }

    public List<String> data() {
        return events().stream().map(live -> live.event().data()).toList();
    }

    public void join(Tenant tenant, Scope... scopes) {
        join(tenant, Arrays.asList(scopes));
    }

    public void join(Tenant tenant, Collection<Scope> scopes) {
        get(channel().join(scopes.stream().map(s -> Interest.in(tenant, s)).toList()));
    }

    /** The answer; throws the exception with which the stage failed. */
    public static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + Patience.LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
