package dev.carillon.autopsy;

import dev.carillon.auth.Grants;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionView;
import java.util.Collection;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Collects the open connections that a question is about, from the threads of all of them. */
final class Suspects {
    private final Question question;
    private final EventFacts facts;
    private final Queue<ConnectionView> open = new ConcurrentLinkedQueue<>();
    private final AtomicInteger others = new AtomicInteger();

    Suspects(Question question, EventFacts facts) {
        this.question = question;
        this.facts = facts;
    }

    /** Called on the connection's I/O thread. */
    void visit(Connection connection) {
        Grants grants = connection.grants();
        if (!grants.tenant().equals(question.tenant())
                || question.user() != null && !question.user().equals(grants.user())
                || question.context() != null && !question.context().equals(connection.context())) {
            return;
        }
        boolean inScope = connection.interests().stream().anyMatch(interest -> interest.covers(facts.event()));
        if (question.isAboutClients() || inScope) {
            open.add(connection.view());
        } else {
            others.incrementAndGet();
        }
    }

    /** Whether the question is about the client of a connection. */
    boolean areAsked(ConnectionView view) {
        return view.grants().tenant().equals(question.tenant())
                && (question.user() == null
                        || Objects.equals(question.user(), view.grants().user()))
                && (question.context() == null || Objects.equals(question.context(), view.context()));
    }

    Collection<ConnectionView> open() {
        return open;
    }

    /** Number of connections of the tenant that are in none of the event's scopes. */
    int others() {
        return others.get();
    }
}
