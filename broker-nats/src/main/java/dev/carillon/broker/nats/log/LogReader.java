package dev.carillon.broker.nats.log;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.StreamScan;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StreamInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Common parts of reading the log and the retained events; blocks, on virtual threads only. */
final class LogReader {
    /** Up to this number of messages, direct gets are faster than a consumer. */
    private static final int MAX_DIRECT = 32;
    /** With more keys everything is read, because each would have a consumer. */
    private static final int MAX_FILTERS = 20;
    /** A log, and its current state on the server. */
    record LogState(TenantLog log, StreamInfo info) {
        Position head() {
            return log.head(info);
        }

        /** The first sequence in the stream; earlier ones were trimmed. */
        long first() {
            return info.getStreamState().getFirstSequence();
        }
    }

    private LogReader() {}

    static LogState find(LogSession session, Tenant tenant) {
        NatsApi api = session.api();
        for (int attempt = 0; attempt < 3; attempt++) {
            TenantLog log = api.await(session.log(tenant));
            // Before the request, as events arrive meanwhile.
            long known = session.lastSeen().sequence(tenant, log.epoch());
            Optional<StreamInfo> info = api.await(session.info(log.stream()));
            if (info.isPresent()
                    && log.isOf(info.get())
                    && info.get().getStreamState().getLastSequence() >= known) {
                return new LogState(log, info.get());
            }
            session.forget(log);
        }
        throw new BrokerUnavailableException(
                "the log of tenant " + tenant + " was deleted repeatedly while it was opened");
    }

    /**
     * Visits the messages of the keys in log order; with more than {@value #MAX_FILTERS} keys, possibly those of others too.
     *
     * @param keys empty: all
     * @param to last requested sequence
     * @param visitor returns false to stop
     */
    static void read(
            LogSession session,
            TenantLog log,
            Set<String> keys,
            long after,
            long to,
            Predicate<StoredMessage> visitor) {
        if (to <= after) {
            return;
        }
        if (to - after <= MAX_DIRECT) {
            for (StoredMessage stored : direct(session, log, after, to)) {
                if ((keys.isEmpty() || keys.contains(Subjects.lastToken(stored.subject()))) && !visitor.test(stored)) {
                    return;
                }
            }
            return;
        }
        List<String> subjects = keys.size() > MAX_FILTERS
                ? List.of()
                : keys.stream()
                        .map(key -> Subjects.logOfEveryEpoch(log.tenant(), key))
                        .toList();
        new StreamScan(log.stream(), subjects, false)
                .from(after + 1, session, stored -> stored.sequence() <= to && visitor.test(stored));
    }

    private static List<StoredMessage> direct(LogSession session, TenantLog log, long after, long to) {
        List<Long> sequences = new ArrayList<>();
        for (long s = after + 1; s <= to; s++) {
            sequences.add(s);
        }
        return session.api().pipelined(sequences, s -> session.api().message(log.stream(), s)).stream()
                .flatMap(Optional::stream)
                .toList();
    }
}
