package dev.carillon.lab.account;

import dev.carillon.lab.account.Broadcast.Outcome;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The accounting of one run: every broadcast with its result, and the observations of each subscriber in order. Thread-safe. It keeps
 * everything, so a run must be bounded.
 */
public final class Ledger implements FleetObserver {
    /** Type of the events. */
    public static final String TYPE = "count";

    private static final String PADDING = " " + "x".repeat(80);
    private static final Pattern REASON = Pattern.compile("\"reason\":\"([^\"]*)\"");
    private static final Pattern EVENT = Pattern.compile("\"(?:event|before)\":\"([^\"]*)\"");
    private static final Pattern NODE = Pattern.compile("\"node\":\"([^\"]*)\"");
    /** Cursors are opaque to other clients; the last part of a cursor is the broker's time in milliseconds, in base 36. */
    private static final Pattern AFTER = Pattern.compile("\"after\":\"cursor:1:[0-9a-z]+\\.[0-9a-z]+\\.([0-9a-z]+)\"");

    private static final int MAX_UNEXPECTED = 20;

    private final List<EventSequence> sequences;
    private final List<Subscriber> subscribers;
    private final LongSupplier clock;
    private final String run;
    private final List<List<Broadcast>> broadcasts = new ArrayList<>();
    private final List<List<Observation>> observations = new ArrayList<>();
    /** The highest number that each subscriber has received of each sequence. */
    private final int[][] highest;

    private final BitSet open = new BitSet();
    /** When the stream of each subscriber last opened or ended. */
    private final long[] changedMillis;

    /** When each subscriber last received a gap. */
    private final long[] gapMillis;

    private final Map<String, Integer> failures = new TreeMap<>();
    private final Map<String, Integer> refusals = new TreeMap<>();
    private final List<Long> dataLosses = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private int unexpectedCount;
    private int ended;

    /** @param run prefix of the ids of this run's events */
    public Ledger(String run, List<EventSequence> sequences, List<Subscriber> subscribers) {
        this(run, sequences, subscribers, System::currentTimeMillis);
    }

    /** @param clock time of day in milliseconds, by which the broker's positions are compared, too */
    public Ledger(String run, List<EventSequence> sequences, List<Subscriber> subscribers, LongSupplier clock) {
        this.run = run;
        this.sequences = List.copyOf(sequences);
        this.subscribers = List.copyOf(subscribers);
        this.clock = clock;
        this.highest = new int[subscribers.size()][sequences.size()];
        this.changedMillis = new long[subscribers.size()];
        this.gapMillis = new long[subscribers.size()];
        sequences.forEach(sequence -> broadcasts.add(new ArrayList<>()));
        subscribers.forEach(subscriber -> observations.add(new ArrayList<>()));
    }

    public List<EventSequence> sequences() {
        return sequences;
    }

    List<Subscriber> subscribers() {
        return subscribers;
    }

    // Called by broadcasters.

    /** The next event of a sequence. */
    public synchronized Broadcast begin(EventSequence sequence) {
        List<Broadcast> events = broadcasts.get(sequence.number());
        Broadcast next = new Broadcast(sequence, events.size() + 1, clock.getAsLong());
        events.add(next);
        return next;
    }

    /** The id of an event. */
    public String id(Broadcast event) {
        return run + "-" + event.sequence.number() + "-" + event.number;
    }

    /** The data of an event. */
    public static String data(Broadcast event) {
        return event.sequence.number() + " " + event.number + PADDING;
    }

    /** A request for the event is sent. */
    public synchronized void attempt(Broadcast event) {
        event.attempts++;
    }

    /** The broadcast has ended. */
    public synchronized void end(Broadcast event, Outcome outcome) {
        event.outcome = outcome;
        event.endedMillis = clock.getAsLong();
    }

    /** Records a request without a conclusive response, by its status or its exception. */
    public synchronized void failed(String reason) {
        failures.merge(reason, 1, Integer::sum);
    }

    /** Records a request that a node refused for the moment, by its code. */
    synchronized void refused(String code) {
        refusals.merge(code, 1, Integer::sum);
    }

    /** Records a response or event that nothing explains. */
    synchronized void unexpected(String description) {
        unexpectedCount++;
        if (unexpected.size() < MAX_UNEXPECTED) {
            unexpected.add(description);
        }
    }

    /** Records that the broker has lost data: an event that is retried across this moment may be in the log twice, as its id is lost, too. */
    public synchronized void dataLost() {
        dataLosses.add(clock.getAsLong());
    }

    // Called by the fleet.

    @Override
    public synchronized void opened(int client, long nanos) {
        open.set(client);
        changedMillis[client] = clock.getAsLong();
        observations.get(client).add(new Observation.StreamOpened("a node", changedMillis[client]));
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        open.clear(client);
        changedMillis[client] = clock.getAsLong();
        observations.get(client).add(new Observation.StreamEnded(changedMillis[client]));
        ended++;
    }

    /**
     * The state holds each event whose broadcast has begun: an application stores a change before it broadcasts it. So it has what was appended before
     * the position, and perhaps more.
     */
    @Override
    public synchronized void positioned(int client, long nanos) {
        int[] numbers = broadcasts.stream().mapToInt(List::size).toArray();
        observations.get(client).add(new Observation.StateLoaded(numbers, clock.getAsLong()));
        for (int i = 0; i < numbers.length; i++) {
            highest[client][i] = Math.max(highest[client][i], numbers[i]);
        }
    }

    @Override
    public void refusedForGood(int client, int status) {
        unexpected("subscriber " + client + " was refused for good with status " + status);
    }

    @Override
    public void event(int client, StreamEvent event, long nanos) {
        switch (event.type()) {
            case TYPE -> eventReceived(client, event.data());
            case "carillon.gap" -> gapReceived(client, event.data());
            case "carillon.open" -> nodeKnown(client, event.data());
            default -> {
                // The state of the broker; see OutageObserver.
            }
        }
    }

    private synchronized void eventReceived(int client, String data) {
        String[] parts = data.split(" ", 3);
        int sequence = Integer.parseInt(parts[0]);
        int number = Integer.parseInt(parts[1]);
        if (sequence >= sequences.size() || number > broadcasts.get(sequence).size()) {
            unexpected(
                    "subscriber " + client + " received an event that was not broadcast: " + sequence + "-" + number);
            return;
        }
        Broadcast event = broadcasts.get(sequence).get(number - 1);
        event.received = true;
        observations.get(client).add(new Observation.EventReceived(event, clock.getAsLong()));
        highest[client][sequence] = Math.max(highest[client][sequence], number);
    }

    /** Replaces the observation of an open stream by one with the node, which only some APIs name. */
    private synchronized void nodeKnown(int client, String data) {
        List<Observation> own = observations.get(client);
        if (!own.isEmpty() && own.getLast() instanceof Observation.StreamOpened) {
            own.removeLast();
        }
        own.add(new Observation.StreamOpened(String.valueOf(find(NODE, data)), clock.getAsLong()));
    }

    private synchronized void gapReceived(int client, String data) {
        String after = find(AFTER, data);
        gapMillis[client] = clock.getAsLong();
        observations
                .get(client)
                .add(new Observation.GapReceived(
                        String.valueOf(find(REASON, data)),
                        find(EVENT, data),
                        after == null ? 0 : Long.parseLong(after, 36),
                        gapMillis[client]));
    }

    private static @Nullable String find(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    // Queries.

    /** Number of subscribers that have neither received the last event of each of their sequences nor, after it was sent, a gap. */
    public synchronized int incomplete() {
        return (int) IntStream.range(0, subscribers.size())
                .filter(client -> firstIncomplete(client) != null)
                .count();
    }

    /** A description of each of these subscribers. */
    public synchronized List<String> describeIncomplete() {
        return IntStream.range(0, subscribers.size())
                .filter(client -> firstIncomplete(client) != null)
                .mapToObj(client -> "subscriber " + client + ", "
                        + (open.get(client) ? "with a stream" : "without a stream") + " since " + changedMillis[client]
                        + ", has not received the last event of " + firstIncomplete(client))
                .toList();
    }

    /** The first sequence whose last event a subscriber has not received; null if it has all of them, or a gap. */
    private @Nullable EventSequence firstIncomplete(int client) {
        for (EventSequence sequence : sequences) {
            List<Broadcast> events = broadcasts.get(sequence.number());
            if (subscribers.get(client).expects(sequence)
                    && highest[client][sequence.number()] < events.size()
                    && gapMillis[client] < events.getLast().sentMillis) {
                return sequence;
            }
        }
        return null;
    }

    /** Number of open streams that have ended. */
    synchronized int ended() {
        return ended;
    }

    synchronized List<Broadcast> broadcasts() {
        return broadcasts.stream().flatMap(List::stream).toList();
    }

    synchronized List<Observation> observations(int client) {
        return List.copyOf(observations.get(client));
    }

    synchronized Map<String, Integer> failures() {
        return Map.copyOf(failures);
    }

    synchronized Map<String, Integer> refusals() {
        return Map.copyOf(refusals);
    }

    synchronized List<Long> dataLosses() {
        return List.copyOf(dataLosses);
    }

    synchronized List<String> unexpected() {
        return List.copyOf(unexpected);
    }

    synchronized int unexpectedCount() {
        return unexpectedCount;
    }
}
