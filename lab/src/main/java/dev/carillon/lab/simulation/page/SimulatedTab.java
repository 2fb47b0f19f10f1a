package dev.carillon.lab.simulation.page;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Response;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A tab that loads a page and sends one action after the other, each to any node. An action without an answer, or with one after which the page's script sends it again, is
 * sent again with the same id.
 */
final class SimulatedTab {
    /** What became of an action. */
    enum Outcome {
        CONFIRMED,
        /** It may have run, or not. */
        UNKNOWN
    }

    /** The world around a tab. */
    record Surroundings(
            Schedule schedule,
            Story story,
            SplittableRandom random,
            Supplier<Optional<PageNode>> proxy,
            boolean loadsMovedAgain) {}

    private static final String TURBO = "text/vnd.turbo-stream.html";
    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([A-Za-z0-9_-]{22})\"");
    private static final long MAX_NETWORK_NANOS = 10_000_000;
    private static final long TIMEOUT_NANOS = 7_000_000_000L;
    private static final long RETRY_NANOS = 300_000_000;
    private static final long MIN_PAUSE_NANOS = 50_000_000;
    private static final long MAX_PAUSE_NANOS = 1_200_000_000;
    private static final int ENDED = 404;
    private static final int REFUSED = 403;
    private static final int OK = 300;
    /** After these the script sends an action again. */
    private static final Set<ErrorCode> REPEATED = EnumSet.of(
            ErrorCode.CONTEXT_MOVED,
            ErrorCode.DRAINING,
            ErrorCode.NODE_UNREACHABLE,
            ErrorCode.BROKER_UNAVAILABLE,
            ErrorCode.OVERLOADED);

    private final int number;
    private final long endNanos;
    private final Surroundings around;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<String> actions = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    private @Nullable String context;
    /** Action numbers before this one were sent to contexts that have ended without a confirmed action. */
    private int firstOfContext;

    private boolean done;
    /** Rises with each attempt, so that an earlier one is over. */
    private int attempt;

    SimulatedTab(int number, long endNanos, Surroundings around) {
        this.number = number;
        this.endNanos = endNanos;
        this.around = around;
    }

    String name() {
        return "tab " + number;
    }

    /** The id of its page; null: none. */
    @Nullable
    String context() {
        return context;
    }

    boolean done() {
        return done;
    }

    /** By the number of the action. */
    List<Outcome> outcomes() {
        return outcomes;
    }

    /** The names of the actions. */
    List<String> actions() {
        return actions;
    }

    int firstOfContext() {
        return firstOfContext;
    }

    List<String> findings() {
        return findings;
    }

    /** Loads the page. */
    void load() {
        request(
                application -> application
                        .page(PageWorld.PATH)
                        .handle(new TabRequest(
                                "GET", PageWorld.PATH, Map.of(), Map.of("accept", "text/html"), session())),
                response -> {
                    String html = new String(response.body(), StandardCharsets.UTF_8);
                    Matcher found = CONTEXT.matcher(html);
                    if (response.status() < OK && found.find()) {
                        context = found.group(1);
                        firstOfContext = outcomes.size();
                        around.story().tell(name(), "has page " + context);
                        pause(this::next);
                    } else {
                        again(this::load);
                    }
                },
                failure -> again(this::load));
    }

    private String session() {
        return "session-" + number;
    }

    /** After the end of the work, one more action shows that the page has an owner. */
    private void next() {
        if (done) {
            return;
        }
        act(outcomes.size(), around.random().nextBoolean() ? PageWorld.ADD : PageWorld.SEND);
    }

    private void act(int item, String action) {
        String body = "_context=" + context + "&_page=" + PageWorld.PATH.replace("/", "%2F") + "&_id=a" + item
                + "&item=" + item;
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        boolean last = around.schedule().nanos() >= endNanos;
        request(
                application -> application
                        .post("/_pages/action/{action}")
                        .handle(
                                new TabRequest(
                                        "POST",
                                        "/_pages/action/" + action,
                                        Map.of("action", action),
                                        Map.of("accept", TURBO, "content-type", "application/x-www-form-urlencoded"),
                                        session()),
                                new ByteArrayInputStream(bytes)),
                response -> answered(item, action, response.status(), last),
                failure -> {
                    ErrorCode code = failure == null ? null : failure.code();
                    if (code == ErrorCode.CONTEXT_MOVED && around.loadsMovedAgain()) {
                        answered(item, action, ENDED, last);
                    } else if (code == null || REPEATED.contains(code)) {
                        again(() -> act(item, action));
                    } else {
                        outcome(item, action, Outcome.UNKNOWN, last);
                    }
                });
    }

    private void answered(int item, String action, int status, boolean last) {
        if (status < OK) {
            outcome(item, action, Outcome.CONFIRMED, last);
        } else if (status == ENDED || status == REFUSED) {
            if (outcomes.subList(firstOfContext, outcomes.size()).contains(Outcome.CONFIRMED)) {
                findings.add(
                        name() + ": its page has ended, with status " + status + ", although an action was confirmed");
                done = true;
                return;
            }
            // It had never been saved.
            around.story().tell(name(), "loads its page again");
            again(this::load);
        } else {
            outcome(item, action, Outcome.UNKNOWN, last);
        }
    }

    private void outcome(int item, String action, Outcome outcome, boolean last) {
        around.story().tell(name(), "action " + item + " is " + outcome);
        outcomes.add(outcome);
        actions.add(action);
        if (last && outcome == Outcome.CONFIRMED) {
            done = true;
        } else {
            pause(this::next);
        }
    }

    private void pause(Runnable then) {
        around.schedule().after(around.random().nextLong(MIN_PAUSE_NANOS, MAX_PAUSE_NANOS), then);
    }

    private void again(Runnable then) {
        around.schedule().after(RETRY_NANOS, then);
    }

    /** What a request does with its answer. */
    @FunctionalInterface
    private interface Answered {
        void with(Response response);
    }

    /** Or without one; null: there was none. */
    @FunctionalInterface
    private interface Failed {
        void with(@Nullable CarillonException failure);
    }

    private void request(PageNode.HandlerCall call, Answered answered, Failed failed) {
        int current = ++attempt;
        Optional<PageNode> chosen = around.proxy().get();
        if (chosen.isEmpty()) {
            around.schedule().after(RETRY_NANOS, () -> ended(current, () -> failed.with(null)));
            return;
        }
        PageNode node = chosen.get();
        around.schedule()
                .after(
                        network(),
                        () -> node.host().run(() -> {
                            CompletableFuture<Response> answer = node.answer(call);
                            CompletableFuture<Response> _ = answer.whenComplete((response, e) -> around.schedule()
                                    .after(
                                            network(),
                                            () -> ended(current, () -> {
                                                if (e == null) {
                                                    answered.with(response);
                                                } else {
                                                    failed.with(known(e));
                                                }
                                            })));
                        }));
        around.schedule().after(TIMEOUT_NANOS, () -> ended(current, () -> failed.with(null)));
    }

    private static CarillonException known(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof CarillonException known
                ? known
                : new CarillonException(ErrorCode.INTERNAL, String.valueOf(cause));
    }

    private void ended(int current, Runnable then) {
        if (attempt == current) {
            attempt++;
            then.run();
        }
    }

    private long network() {
        return around.random().nextLong(MAX_NETWORK_NANOS);
    }
}
