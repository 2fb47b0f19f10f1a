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
 * Goes through a ledger once.
 *
 * <p>What a subscriber missed is signalled where it was told so by an event {@code carillon.gap} after the missing one was sent, and that covers
 * it:
 *
 * <ul>
 *   <li>{@code late} covers the event that it names;
 *   <li>{@code lost} and {@code epoch} cover what came after their cursor;
 *   <li>{@code history} covers what came after its cursor, and stands between what the subscriber got of the lane before and after the
 *       missing event;
 *   <li>{@code unknown} stands there, too, and has no cursor: the subscriber began anew;
 *   <li>{@code repeated} stands there, too, and covers what was sent before the event that it names had its answer.
 * </ul>
 *
 * What came after a cursor is told by the broker's time in it: the broker and the checker are on one machine.
 */
final class Checker {
    private static final int MAX_FINDINGS = 20;
    /** A request that was given up may wait for as long, in a node that stands still, and be taken then. */
    private static final long STRAY_MILLIS = 10_000;

    private final Ledger ledger;
    private final List<Broadcast> broadcasts;
    private final List<String> findings = new ArrayList<>();
    private final Set<Broadcast> overLoss = new HashSet<>();
    private final Map<String, Broadcast> byId = new HashMap<>();
    private Map<Broadcast, Integer> places = Map.of();
    private int delivered;
    private int lost;
    private int doubled;
    private int reordered;
    private int unsignalled;
    private int withoutRight;
    private int gaps;
    private int missedInGaps;
    private int repeatedOverLoss;

    Checker(Ledger ledger) {
        this.ledger = ledger;
        this.broadcasts = ledger.broadcasts();
        findings.addAll(ledger.unexpected());
        for (Broadcast event : broadcasts) {
            byId.put(ledger.id(event), event);
            boolean over = ledger.losses().stream()
                    .anyMatch(at -> at >= event.sentMillis && at - STRAY_MILLIS <= event.endedMillis);
            if (over && event.attempts > 1) {
                overLoss.add(event);
            }
        }
    }

    Verdict verdict() {
        Order order = new Order();
        for (int i = 0; i < ledger.subscribers().size(); i++) {
            order.add(firsts(ledger.seen(i)));
        }
        // Each was sent after the one before it had been acknowledged.
        for (Lane lane : ledger.lanes()) {
            order.add(broadcasts.stream()
                    .filter(event -> event.lane.equals(lane) && event.seen && event.acknowledged())
                    .filter(event -> !overLoss.contains(event))
                    .toList());
        }
        places = order.places();
        for (int i = 0; i < ledger.subscribers().size(); i++) {
            check(i);
        }
        return new Verdict(
                broadcasts.size(),
                count(Outcome.ACKNOWLEDGED),
                count(Outcome.GIVEN_UP),
                delivered,
                lost,
                doubled,
                reordered,
                unsignalled,
                withoutRight,
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

    /** What may be held to be in order: each event where it came first. */
    private List<Broadcast> firsts(List<Seen> seen) {
        Set<Broadcast> had = new HashSet<>();
        List<Broadcast> firsts = new ArrayList<>();
        for (Seen one : seen) {
            if (one instanceof Seen.Got got && !overLoss.contains(got.event()) && had.add(got.event())) {
                firsts.add(got.event());
            }
        }
        return firsts;
    }

    private void check(int number) {
        Subscriber subscriber = ledger.subscribers().get(number);
        List<Seen> seen = ledger.seen(number);
        Set<Broadcast> had = new HashSet<>();
        int place = -1;
        for (Seen one : seen) {
            switch (one) {
                case Seen.Opened _, Seen.Ended _ -> {}
                case Seen.Told told -> gaps++;
                case Seen.Got(Broadcast event, long _) -> {
                    delivered++;
                    if (!subscriber.isDue(event.lane)) {
                        withoutRight++;
                        found(number, "may not have, or did not ask for,", event);
                    }
                    boolean first = had.add(event);
                    if (!first && overLoss.contains(event)) {
                        repeatedOverLoss++;
                    } else if (!first) {
                        doubled++;
                        found(number, "got twice", event);
                    } else if (places.getOrDefault(event, Integer.MAX_VALUE) < place) {
                        reordered++;
                        found(number, "got after a later one", event);
                    } else {
                        place = Math.max(place, places.getOrDefault(event, -1));
                    }
                }
            }
        }
        Map<Lane, List<Integer>> lanes = places(seen);
        for (Broadcast event : broadcasts) {
            if (subscriber.isDue(event.lane) && (event.acknowledged() || event.seen) && !had.contains(event)) {
                missing(number, event, seen, lanes.getOrDefault(event.lane, List.of()));
            }
        }
    }

    /** Where the events of each lane stand in what was seen. */
    private static Map<Lane, List<Integer>> places(List<Seen> seen) {
        Map<Lane, List<Integer>> lanes = new HashMap<>();
        for (int i = 0; i < seen.size(); i++) {
            if (seen.get(i) instanceof Seen.Got got) {
                lanes.computeIfAbsent(got.event().lane, lane -> new ArrayList<>())
                        .add(i);
            }
        }
        return lanes;
    }

    private void missing(int subscriber, Broadcast event, List<Seen> seen, List<Integer> ofLane) {
        int before = -1;
        int after = seen.size();
        for (int i : ofLane) {
            int number = ((Seen.Got) seen.get(i)).event().number;
            if (number < event.number) {
                before = Math.max(before, i);
            } else {
                after = Math.min(after, i);
            }
        }
        for (int i = 0; i < seen.size(); i++) {
            if (seen.get(i) instanceof Seen.Told told && covers(told, event, before < i && i < after)) {
                missedInGaps++;
                return;
            }
        }
        if (event.acknowledged()) {
            lost++;
            found(subscriber, "never got, and was not told, though it was acknowledged,", event, story(event, seen));
        } else {
            unsignalled++;
            found(subscriber, "never got, and was not told, though others got it,", event, story(event, seen));
        }
    }

    private static String story(Broadcast event, List<Seen> seen) {
        return "; " + Story.around(event.sentMillis, seen);
    }

    private boolean covers(Seen.Told told, Broadcast event, boolean between) {
        if (event.sentMillis > told.atMillis()) {
            return false;
        }
        boolean afterCursor = event.endedMillis >= told.afterMillis();
        return switch (told.reason()) {
            case "late" -> ledger.id(event).equals(told.event());
            case "lost" -> afterCursor;
            // Without a cursor it is of the log of system events.
            case "epoch" -> afterCursor && told.afterMillis() > 0;
            case "history" -> afterCursor && between;
            case "unknown" -> between;
            case "repeated" -> between && wasBefore(event, told.event());
            default -> false;
        };
    }

    /** Whether it may be before another in the log: it was sent before that had its answer, if it had one. */
    private boolean wasBefore(Broadcast event, @Nullable String id) {
        Broadcast named = byId.get(id);
        return named != null && (!named.acknowledged() || event.sentMillis <= named.endedMillis);
    }

    private void found(int subscriber, String what, Broadcast event) {
        found(subscriber, what, event, "");
    }

    private void found(int subscriber, String what, Broadcast event, String more) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add("subscriber " + subscriber + " " + what + " event " + event + ", sent at " + event.sentMillis
                    + ", " + event.attempts + " times, ended at " + event.endedMillis + more);
        }
    }
}
