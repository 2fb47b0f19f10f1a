package dev.carillon.lab.account;

import dev.carillon.lab.account.Broadcast.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks a ledger once.
 *
 * <p>A missing event is announced if the subscriber received, after the event was sent, a {@code carillon.gap} that covers it. By reason:
 *
 * <ul>
 *   <li>{@code late} covers the event that it names;
 *   <li>{@code lost} and {@code epoch} cover events after their cursor;
 *   <li>{@code history} covers events after its cursor, and must lie between the events of the same sequence that the subscriber received before
 *       and after the missing one, or in the same stream as the latter: it is written once, at the start of a replay;
 *   <li>{@code unknown} must lie there, too, and has no cursor: the subscriber started again without a position;
 *   <li>{@code repeated} must lie there, too, and covers events that were sent before the broadcast of the event that it names was answered.
 * </ul>
 *
 * A missing event is no loss either if the subscriber loaded a state that contains it before it received a later event of the sequence.
 *
 * <p>Events after a cursor are found by the broker's time in the cursor: the broker and the checker run on one machine.
 */
final class Checker {
    private static final int MAX_FINDINGS = 20;
    /** For this long a paused node may hold a request whose client has given up, and process it after it resumes. */
    private static final long LATE_REQUEST_MILLIS = 10_000;

    private final Ledger ledger;
    private final List<Broadcast> broadcasts;
    private final List<String> findings = new ArrayList<>();
    private final Set<Broadcast> retriedOverDataLoss = new HashSet<>();
    private final Map<String, Broadcast> byId = new HashMap<>();
    private Map<Broadcast, Integer> positions = Map.of();
    private int delivered;
    private int lost;
    private int duplicates;
    private int reordered;
    private int unsignalled;
    private int unauthorized;
    private int gaps;
    private int missedInGaps;
    private int repeatedOverLoss;

    Checker(Ledger ledger) {
        this.ledger = ledger;
        this.broadcasts = ledger.broadcasts();
        findings.addAll(ledger.unexpected());
        for (Broadcast event : broadcasts) {
            byId.put(ledger.id(event), event);
            boolean dataLossDuringBroadcast = ledger.dataLosses().stream()
                    .anyMatch(at -> at >= event.sentMillis && at - LATE_REQUEST_MILLIS <= event.endedMillis);
            if (dataLossDuringBroadcast && event.attempts > 1) {
                retriedOverDataLoss.add(event);
            }
        }
    }

    Verdict verdict() {
        TotalOrder order = new TotalOrder();
        for (int i = 0; i < ledger.subscribers().size(); i++) {
            order.add(firstDeliveries(ledger.observations(i)));
        }
        // An event of a sequence is sent after the previous one was acknowledged.
        for (EventSequence sequence : ledger.sequences()) {
            order.add(broadcasts.stream()
                    .filter(event -> event.sequence.equals(sequence) && event.received && event.acknowledged())
                    .filter(event -> !retriedOverDataLoss.contains(event))
                    .toList());
        }
        positions = order.positions();
        for (int i = 0; i < ledger.subscribers().size(); i++) {
            check(i);
        }
        return new Verdict(
                broadcasts.size(),
                count(Outcome.ACKNOWLEDGED),
                ledger.failures(),
                ledger.refusals(),
                count(Outcome.GIVEN_UP),
                delivered,
                lost,
                duplicates,
                reordered,
                unsignalled,
                unauthorized,
                ledger.unexpectedCount(),
                gaps,
                missedInGaps,
                repeatedOverLoss,
                ledger.ended(),
                findings);
    }

    private int count(Outcome outcome) {
        return (int) broadcasts.stream().filter(b -> b.outcome == outcome).count();
    }

    /** The events in the order of their first delivery, without those that a data loss may have reordered. */
    private List<Broadcast> firstDeliveries(List<Observation> observations) {
        Set<Broadcast> received = new HashSet<>();
        List<Broadcast> events = new ArrayList<>();
        for (Observation observation : observations) {
            if (observation instanceof Observation.EventReceived delivery
                    && !retriedOverDataLoss.contains(delivery.event())
                    && received.add(delivery.event())) {
                events.add(delivery.event());
            }
        }
        return events;
    }

    private void check(int number) {
        Subscriber subscriber = ledger.subscribers().get(number);
        List<Observation> observations = ledger.observations(number);
        Set<Broadcast> received = new HashSet<>();
        int position = -1;
        for (Observation observation : observations) {
            switch (observation) {
                case Observation.StreamOpened _, Observation.StreamEnded _, Observation.StateLoaded _ -> {}
                case Observation.GapReceived _ -> gaps++;
                case Observation.EventReceived(Broadcast event, long _) -> {
                    delivered++;
                    if (!subscriber.expects(event.sequence)) {
                        unauthorized++;
                        addFinding(number, "received without a subscription or a grant", event);
                    }
                    boolean first = received.add(event);
                    if (!first && retriedOverDataLoss.contains(event)) {
                        repeatedOverLoss++;
                    } else if (!first) {
                        duplicates++;
                        addFinding(number, "received again", event);
                    } else if (positions.getOrDefault(event, Integer.MAX_VALUE) < position) {
                        reordered++;
                        addFinding(number, "received after a later event", event);
                    } else {
                        position = Math.max(position, positions.getOrDefault(event, -1));
                    }
                }
            }
        }
        Map<EventSequence, List<Integer>> indexes = indexesBySequence(observations);
        for (Broadcast event : broadcasts) {
            if (subscriber.expects(event.sequence)
                    && (event.acknowledged() || event.received)
                    && !received.contains(event)) {
                missing(number, event, observations, indexes.getOrDefault(event.sequence, List.of()));
            }
        }
    }

    /** Indexes of the events of each sequence in a list of observations. */
    private static Map<EventSequence, List<Integer>> indexesBySequence(List<Observation> observations) {
        Map<EventSequence, List<Integer>> indexes = new HashMap<>();
        for (int i = 0; i < observations.size(); i++) {
            if (observations.get(i) instanceof Observation.EventReceived delivery) {
                indexes.computeIfAbsent(delivery.event().sequence, sequence -> new ArrayList<>())
                        .add(i);
            }
        }
        return indexes;
    }

    private void missing(int subscriber, Broadcast event, List<Observation> observations, List<Integer> ofSequence) {
        int before = -1;
        int after = observations.size();
        for (int i : ofSequence) {
            int number = ((Observation.EventReceived) observations.get(i)).event().number;
            if (number < event.number) {
                before = Math.max(before, i);
            } else {
                after = Math.min(after, i);
            }
        }
        for (int i = 0; i < after; i++) {
            // An event that its stream has skipped is lost even if a later state has it.
            if (observations.get(i) instanceof Observation.StateLoaded(int[] numbers, long _)
                    && numbers[event.sequence.number()] >= event.number) {
                return;
            }
        }
        for (int i = 0; i < observations.size(); i++) {
            if (observations.get(i) instanceof Observation.GapReceived gap
                    && covers(gap, event, before < i && i < after, isInStreamOf(i, after, observations))) {
                missedInGaps++;
                return;
            }
        }
        if (event.acknowledged()) {
            lost++;
            addFinding(
                    subscriber,
                    "did not receive, without a gap, the acknowledged",
                    event,
                    timeline(event, observations));
        } else {
            unsignalled++;
            addFinding(
                    subscriber,
                    "did not receive, without a gap though other subscribers received it,",
                    event,
                    timeline(event, observations));
        }
    }

    private static String timeline(Broadcast event, List<Observation> observations) {
        return "; " + Timeline.around(event.sentMillis, observations);
    }

    /** Whether an observation precedes another one in the same stream. */
    private static boolean isInStreamOf(int index, int later, List<Observation> observations) {
        return index < later
                && observations.subList(index, later).stream().noneMatch(Observation.StreamEnded.class::isInstance);
    }

    private boolean covers(Observation.GapReceived gap, Broadcast event, boolean between, boolean inStream) {
        if (event.sentMillis > gap.atMillis()) {
            return false;
        }
        boolean afterCursor = event.endedMillis >= gap.afterMillis();
        return switch (gap.reason()) {
            case "late" -> ledger.id(event).equals(gap.event());
            case "lost" -> afterCursor;
            // A gap without a cursor concerns the log of system events.
            case "epoch" -> afterCursor && gap.afterMillis() > 0;
            // One gap at the start of a replay stands for all of it.
            case "history" -> afterCursor && (between || inStream);
            case "unknown" -> between;
            case "repeated" -> between && mayPrecede(event, gap.event());
            default -> false;
        };
    }

    /** Whether an event may precede another one in the log: it was sent before the broadcast of that one was acknowledged. */
    private boolean mayPrecede(Broadcast event, @Nullable String id) {
        Broadcast named = byId.get(id);
        return named != null && (!named.acknowledged() || event.sentMillis <= named.endedMillis);
    }

    private void addFinding(int subscriber, String problem, Broadcast event) {
        addFinding(subscriber, problem, event, "");
    }

    private void addFinding(int subscriber, String problem, Broadcast event, String details) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(
                    "subscriber " + subscriber + " " + problem + " event " + event + ", sent at " + event.sentMillis
                            + ", attempts: " + event.attempts + ", completed at " + event.endedMillis + details);
        }
    }
}
