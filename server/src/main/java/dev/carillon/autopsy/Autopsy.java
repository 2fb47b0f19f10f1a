package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.broadcast.BroadcastLog;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.fanout.ConnectionView;
import dev.carillon.fanout.DeliveryLog;
import dev.carillon.fanout.FanOut;
import dev.carillon.feed.FeedListener;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One node's part in explaining deliveries: records exceptions, and answers questions about an event from its records and its connections. Thread-safe; never
 * blocks.
 */
public final class Autopsy implements DeliveryLog, BroadcastLog {
    /** Maximum number of records of each kind. */
    public static final int MAX_EVENTS = Records.MAX_EVENTS;

    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_BY_CHARS = 100;

    private final Records records;
    private final ScopePolicies policies;
    private final InstantSource clock;

    /** @param events maximum number of records of each kind, up to {@link #MAX_EVENTS}; 0: nothing is recorded */
    public Autopsy(int events, ScopePolicies policies, InstantSource clock) {
        this.records = new Records(events, clock.millis());
        this.policies = policies;
        this.clock = clock;
    }

    @Override
    public boolean isOn() {
        return records.isOn();
    }

    @Override
    public void leftOut(int connection, Position at, Cause cause) {
        records.leftOut.add(connection, at, cause, clock.millis());
    }

    @Override
    public void gap(int connection, String reason, @Nullable Position after) {
        records.gaps.add(new Records.Gap(clock.millis(), connection, reason, after));
    }

    @Override
    public void left(ConnectionView leftOnly) {
        if (!leftOnly.held().isEmpty()) {
            records.left.add(new Records.Left(clock.millis(), leftOnly));
        }
    }

    @Override
    public void closed(ConnectionView last, CloseReason reason) {
        records.closed.add(new Records.Closed(clock.millis(), last, reason));
    }

    @Override
    public void sent(@Nullable Grants by, Event event, CompletionStage<Appended> append) {
        if (!isOn()) {
            return;
        }
        long sentMillis = clock.millis();
        CompletionStage<Appended> _ = append.whenComplete((appended, e) -> {
            if (appended != null && !appended.duplicate()) {
                records.sent.add(new Records.Sent(
                        sentMillis,
                        clock.millis(),
                        broadcaster(by),
                        appended.id(),
                        event.tenant(),
                        appended.at(),
                        EventParts.of(event)));
            }
        });
    }

    private static String broadcaster(@Nullable Grants by) {
        if (by == null) {
            return "application";
        }
        String user = by.user();
        return user == null
                ? "token"
                : "user " + (user.length() > MAX_BY_CHARS ? user.substring(0, MAX_BY_CHARS) : user);
    }

    /** A listener that records when each event arrives, and losses, and passes all on. */
    public FeedListener watching(FeedListener next) {
        return isOn() ? new Watching(next) : next;
    }

    private final class Watching implements FeedListener {
        private final FeedListener next;

        Watching(FeedListener next) {
            this.next = next;
        }

        @Override
        public void deliver(Live live) {
            arrived(live);
            next.deliver(live);
        }

        private void arrived(Live live) {
            if (!live.event().tenant().isSideLog()) {
                records.arrivals.add(
                        live.event().tenant(), live.at(), live.links().isEmpty(), clock.millis());
            }
        }

        @Override
        public CompletionStage<Void> settled() {
            return next.settled();
        }

        @Override
        public void late(Live live) {
            arrived(live);
            next.late(live);
        }

        @Override
        public void lost(Collection<Interest> interests, Position after) {
            for (Tenant tenant :
                    interests.stream().map(Interest::tenant).distinct().toList()) {
                records.lost.add(
                        new Records.Lost(clock.millis(), tenant, Records.bounded(interests, tenant), after, "lost"));
            }
            next.lost(interests, after);
        }

        @Override
        public void mayHaveLost(Tenant tenant, Position after) {
            records.lost.add(new Records.Lost(clock.millis(), tenant, null, after, "epoch"));
            next.mayHaveLost(tenant, after);
        }
    }

    /**
     * Answers the question of a node.
     *
     * @return JSON; fails with {@code invalid-request} for a message that is not a question
     */
    public CompletionStage<String> explain(FanOut fanOut, ControlMessage.Explain message) {
        Question question = Question.read(message.question());
        ObjectNode answer = JSON.createObjectNode();
        answer.put("recording", records.isOn())
                .put(
                        "known_since",
                        Instant.ofEpochMilli(records.knownSinceMillis()).toString());
        addBroadcast(answer, question);
        EventFacts facts = question.event();
        if (facts == null) {
            return CompletableFuture.completedFuture(answer.toString());
        }
        return findings(fanOut, question, facts).thenApply(findings -> {
            findings.addTo(answer);
            return answer.toString();
        });
    }

    private CompletionStage<Findings> findings(FanOut fanOut, Question question, EventFacts facts) {
        boolean keepsHistory = policies.keepHistory(facts.event());
        // Connections are visited first: an event that was left out meanwhile is then among the records.
        Suspects suspects = new Suspects(question, facts);
        return fanOut.visit(suspects::visit).thenApply(x -> {
            Evidence evidence = new Evidence(records, facts, keepsHistory);
            Findings findings = new Findings(question.isAboutClients(), evidence, clock);
            suspects.open().forEach(view -> findings.add(evidence.judge(view, null)));
            for (Records.Closed closed : records.closed.all()) {
                ConnectionView last = closed.last();
                if (suspects.areAsked(last) && (question.isAboutClients() || evidence.concerns(last))) {
                    findings.add(evidence.judge(last, closed));
                }
            }
            findings.count(Verdict.NOT_SUBSCRIBED, suspects.others());
            return findings;
        });
    }

    private void addBroadcast(ObjectNode answer, Question question) {
        EventFacts facts = question.event();
        List<Records.Sent> all = records.sent.all();
        for (int i = all.size() - 1; i >= 0; i--) {
            Records.Sent sent = all.get(i);
            if (sent.tenant().equals(question.tenant())
                    && (facts == null
                            ? sent.id().equals(question.id())
                            : sent.at().compareTo(facts.at()) == 0)) {
                ObjectNode json = answer.putObject("broadcast");
                json.put("by", sent.by())
                        .put("time", Instant.ofEpochMilli(sent.atMillis()).toString())
                        .put("append_millis", sent.answeredMillis() - sent.atMillis());
                EventParts about = facts == null ? sent.about() : null;
                if (about != null) {
                    about.facts(sent.tenant(), sent.id(), sent.at()).addTo(json.putObject("event"));
                }
                return;
            }
        }
    }
}
