package dev.carillon.lab.simulation.page;

import dev.carillon.base.CarillonException;
import dev.carillon.broadcast.BroadcastLog;
import dev.carillon.broadcast.BroadcastTrace;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.context.ContextRecords;
import dev.carillon.context.Contexts;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.Extension;
import dev.carillon.extension.NodeLease;
import dev.carillon.extension.Response;
import dev.carillon.lab.simulation.broker.BrokerLink;
import dev.carillon.lab.simulation.cluster.ClusterNode;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One life of a node with an application: the server's registry, leases, contexts and broadcaster, and the application on it, as a node composes them. */
final class PageNode implements ClusterNode {
    private static final Duration LINGER = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final long LEAVE_NANOS = 400_000_000;

    /** What a node takes from its surroundings. */
    record Surroundings(Story story, Calls calls, Defect defect) {}

    /** What exists once the node is registered. */
    private record Running(
            NodeRegistry registry,
            Contexts contexts,
            ClusterLeases leases,
            Broadcaster broadcaster,
            MeterRegistry metrics) {}

    private final int place;
    private final Host host;
    private final BrokerLink link;
    private final Surroundings around;
    private @Nullable Running running;
    private @Nullable ApplicationNode application;
    private boolean ready;
    private boolean draining;

    PageNode(int place, Host host, BrokerLink link, Surroundings around) {
        this.place = place;
        this.host = host;
        this.link = link;
        this.around = around;
    }

    /** Starts it, on a thread of its own, which tries until the broker answers. */
    void start(Extension app) {
        thread("start", () -> {
            while (true) {
                try {
                    begin(app);
                    return;
                } catch (BrokerUnavailableException | CompletionException e) {
                    host.platform().threads().pause(RETRY);
                }
            }
        });
    }

    private void begin(Extension app) {
        MeterRegistry metrics = new CompositeMeterRegistry();
        NodeRegistry registry = NodeRegistry.register(
                link.store(),
                host.platform().clock().millis(),
                new NodeRegistry.Registration(
                        host.name(), this::record, () -> true, host.platform().nanoTime()));
        ContextRecords records = new ContextRecords(link.store(), host.name(), registry.generation());
        Contexts contexts = new Contexts(
                records, LINGER, host.platform().nanoTime(), host.platform().secureRandom());
        ClusterLeases leases =
                new ClusterLeases(link.store(), host.name() + "/" + registry.generation(), metrics, host.platform());
        Broadcaster broadcaster = new Broadcaster(
                link,
                (event, id) -> {},
                ScopePolicies.DEFAULT,
                (tenant, bytes) -> {},
                metrics,
                host.platform().secureRandom(),
                BroadcastTrace.OFF,
                BroadcastLog.NONE);
        running = new Running(registry, contexts, leases, broadcaster, metrics);
        ApplicationNode added = new ApplicationNode(this);
        AutoCloseable _ = app.start(added);
        application = added;
        ready = true;
        registry.tick().toCompletableFuture().join();
        ScheduledExecutorService timer = host.platform().threads().newTimer("timer");
        every(timer, 1, contexts::sweep);
        every(timer, 1, leases::tick);
        every(timer, 2, () -> {
            CompletionStage<Void> _ = registry.tick();
        });
        around.story().tell(host.name(), "is in the cluster");
    }

    private static void every(ScheduledExecutorService timer, int seconds, Runnable task) {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(task, seconds, seconds, TimeUnit.SECONDS);
    }

    private NodeRecord record(long generation) {
        return new NodeRecord(
                host.name(),
                generation,
                ready ? Optional.of(new NodeAddress("10.0.0." + (place + 1), 8082)) : Optional.empty(),
                0,
                0);
    }

    private Running running() {
        return Objects.requireNonNull(running);
    }

    int place() {
        return place;
    }

    NodeRegistry registry() {
        return running().registry();
    }

    Contexts contexts() {
        return running().contexts();
    }

    Broadcaster broadcaster() {
        return running().broadcaster();
    }

    MeterRegistry metrics() {
        return running().metrics();
    }

    /** 0: it is not registered yet. */
    long generation() {
        Running now = running;
        return now == null ? 0 : now.registry().generation();
    }

    boolean isDraining() {
        return draining;
    }

    @Nullable
    CallHandler handler(String name) {
        ApplicationNode now = application;
        return now == null ? null : now.call(name);
    }

    CompletionStage<Optional<String>> callNode(String id, long generation, String name, String body) {
        return around.calls().call(this, id, generation, name, body);
    }

    CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return contexts()
                .owner(tenant, context)
                .thenCompose(owner -> owner.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : around.calls().call(this, owner.get(), name, body));
    }

    NodeLease lease(String name, Runnable onAcquire) {
        return JobLease.open(running().leases(), name, onAcquire, around.defect());
    }

    void thread(String name, Runnable task) {
        host.platform().threads().blocking(name, task).start();
    }

    /** Answers a request on a thread of its own; fails as the handler. */
    CompletableFuture<Response> answer(HandlerCall call) {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        ApplicationNode now = Objects.requireNonNull(application);
        Callable<Response> handler = () -> call.answer(now);
        thread("request", () -> {
            try {
                answer.complete(handler.call());
            } catch (CarillonException e) {
                answer.completeExceptionally(e);
            } catch (Exception e) {
                around.story().tell(host.name(), "a request failed: " + e);
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** Calls a handler of the application. */
    @FunctionalInterface
    interface HandlerCall {
        Response answer(ApplicationNode application) throws Exception;
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public BrokerLink link() {
        return link;
    }

    @Override
    public boolean accepts() {
        return host.alive() && ready && !draining;
    }

    @Override
    public void drain() {
        draining = true;
        ApplicationNode now = Objects.requireNonNull(application);
        host.run(() -> {
            running().leases().drain();
            now.onDrain().forEach(run -> thread("drain", run));
        });
        host.after(
                LEAVE_NANOS,
                () -> thread("leave", () -> {
                    now.onLeave().forEach(Runnable::run);
                    // Without an answer its record stays until it expires.
                    boolean _ = registry()
                            .leave()
                            .exceptionally(e -> false)
                            .toCompletableFuture()
                            .join();
                }));
    }

    @Override
    public void crash() {
        host.end();
        link.close();
    }
}
