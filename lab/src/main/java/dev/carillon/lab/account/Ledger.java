package dev.carillon.lab.account;

import dev.carillon.lab.account.Broadcast.Outcome;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The accounting of one run: what broadcasters sent and were told, and what each subscriber saw, in its order. It knows nothing else.
 * Thread-safe; it keeps everything, so a run must be bounded.
 */
public final class Ledger implements FleetObserver {
    static final String TYPE = "count";

    private static final String PADDING = " " + "x".repeat(80);
    private static final Pattern REASON = Pattern.compile("\"reason\":\"([^\"]*)\"");
    private static final Pattern EVENT = Pattern.compile("\"(?:event|before)\":\"([^\"]*)\"");
    private static final Pattern NODE = Pattern.compile("\"node\":\"([^\"]*)\"");
    /** A cursor is for clients to hand back unread; its last part is the broker's time in milliseconds, in base 36. */
    private static final Pattern AFTER = Pattern.compile("\"after\":\"cursor:1:[0-9a-z]+\\.[0-9a-z]+\\.([0-9a-z]+)\"");

    private static final int MAX_UNEXPECTED = 20;

    private final List<Lane> lanes;
    private final List<Subscriber> subscribers;
    private final LongSupplier clock;
    private final String run;
    private final List<List<Broadcast>> broadcasts = new ArrayList<>();
    private final List<List<Seen>> seen = new ArrayList<>();
    /** The highest number that each subscriber has of each lane. */
    private final int[][] last;

    private final BitSet open = new BitSet();
    /** When its stream was opened, or ended, last. */
    private final long[] changedMillis;

    /** When it was told last that something is missing. */
    private final long[] toldMillis;

    private final List<Long> losses = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private int unexpectedCount;
    private int ended;

    /** @param run sets the ids of this run's events apart from those of others */
    public Ledger(String run, List<Lane> lanes, List<Subscriber> subscribers) {
        this(run, lanes, subscribers, System::currentTimeMillis);
    }

    Ledger(String run, List<Lane> lanes, List<Subscriber> subscribers, LongSupplier clock) {
        this.run = run;
        this.lanes = List.copyOf(lanes);
        this.subscribers = List.copyOf(subscribers);
        this.clock = clock;
        this.last = new int[subscribers.size()][lanes.size()];
        this.changedMillis = new long[subscribers.size()];
        this.toldMillis = new long[subscribers.size()];
        lanes.forEach(lane -> broadcasts.add(new ArrayList<>()));
        subscribers.forEach(subscriber -> seen.add(new ArrayList<>()));
    }

    public List<Lane> lanes() {
        return lanes;
    }

    List<Subscriber> subscribers() {
        return subscribers;
    }

    // What broadcasters tell.

    synchronized Broadcast begin(Lane lane) {
        List<Broadcast> of = broadcasts.get(lane.number());
        Broadcast next = new Broadcast(lane, of.size() + 1, clock.getAsLong());
        of.add(next);
        return next;
    }

    String id(Broadcast event) {
        return run + "-" + event.lane.number() + "-" + event.number;
    }

    static String data(Broadcast event) {
        return event.lane.number() + " " + event.number + PADDING;
    }

    synchronized void attempt(Broadcast event) {
        event.attempts++;
    }

    synchronized void end(Broadcast event, Outcome outcome) {
        event.outcome = outcome;
        event.endedMillis = clock.getAsLong();
    }

    /** Something that no answer or event should be. */
    synchronized void unexpected(String what) {
        unexpectedCount++;
        if (unexpected.size() < MAX_UNEXPECTED) {
            unexpected.add(what);
        }
    }

    /** The broker lost data now: what was repeated over this may be in the log twice, as its ids are lost, too. */
    public synchronized void dataLost() {
        losses.add(clock.getAsLong());
    }

    // What subscribers see.

    @Override
    public synchronized void opened(int client, long nanos) {
        open.set(client);
        changedMillis[client] = clock.getAsLong();
        seen.get(client).add(new Seen.Opened("a node", changedMillis[client]));
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        open.clear(client);
        changedMillis[client] = clock.getAsLong();
        seen.get(client).add(new Seen.Ended(changedMillis[client]));
        ended++;
    }

    @Override
    public void refusedForGood(int client, int status) {
        unexpected("subscriber " + client + " was refused for good with status " + status);
    }

    @Override
    public void event(int client, StreamEvent event, long nanos) {
        switch (event.type()) {
            case TYPE -> got(client, event.data());
            case "carillon.gap" -> told(client, event.data());
            case "carillon.open" -> came(client, event.data());
            default -> {
                // The broker's status.
            }
        }
    }

    private synchronized void got(int client, String data) {
        String[] parts = data.split(" ", 3);
        int lane = Integer.parseInt(parts[0]);
        int number = Integer.parseInt(parts[1]);
        if (lane >= lanes.size() || number > broadcasts.get(lane).size()) {
            unexpected("subscriber " + client + " got what nobody broadcast: " + lane + "-" + number);
            return;
        }
        Broadcast event = broadcasts.get(lane).get(number - 1);
        event.seen = true;
        seen.get(client).add(new Seen.Got(event, clock.getAsLong()));
        last[client][lane] = Math.max(last[client][lane], number);
    }

    /** Not every face tells at which node a stream is: this one does. */
    private synchronized void came(int client, String data) {
        List<Seen> of = seen.get(client);
        if (!of.isEmpty() && of.getLast() instanceof Seen.Opened) {
            of.removeLast();
        }
        of.add(new Seen.Opened(String.valueOf(found(NODE, data)), clock.getAsLong()));
    }

    private synchronized void told(int client, String data) {
        String after = found(AFTER, data);
        toldMillis[client] = clock.getAsLong();
        seen.get(client)
                .add(new Seen.Told(
                        String.valueOf(found(REASON, data)),
                        found(EVENT, data),
                        after == null ? 0 : Long.parseLong(after, 36),
                        toldMillis[client]));
    }

    private static @Nullable String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    // What is asked.

    /** How many subscribers do not have the last event of each of their lanes yet, and were not told since that something is missing. */
    public synchronized int behind() {
        return (int) IntStream.range(0, subscribers.size())
                .filter(client -> lacks(client) != null)
                .count();
    }

    /** Each of those in words: what it lacks, and whether it has a stream. */
    public synchronized List<String> thoseBehind() {
        return IntStream.range(0, subscribers.size())
                .filter(client -> lacks(client) != null)
                .mapToObj(client -> "subscriber " + client + ", which "
                        + (open.get(client) ? "has had a stream" : "has been without a stream") + " since "
                        + changedMillis[client] + ", lacks the last event of " + lacks(client))
                .toList();
    }

    /** The first lane of which a subscriber does not have the last event; null: it has all, or was told. */
    private @Nullable Lane lacks(int client) {
        for (Lane lane : lanes) {
            List<Broadcast> of = broadcasts.get(lane.number());
            if (subscribers.get(client).isDue(lane)
                    && last[client][lane.number()] < of.size()
                    && toldMillis[client] < of.getLast().sentMillis) {
                return lane;
            }
        }
        return null;
    }

    public synchronized int begun() {
        return broadcasts.stream().mapToInt(List::size).sum();
    }

    /** How often a stream ended that was open. */
    synchronized int ended() {
        return ended;
    }

    synchronized List<Broadcast> broadcasts() {
        return broadcasts.stream().flatMap(List::stream).toList();
    }

    synchronized List<Seen> seen(int client) {
        return List.copyOf(seen.get(client));
    }

    synchronized List<Long> losses() {
        return List.copyOf(losses);
    }

    synchronized List<String> unexpected() {
        return List.copyOf(unexpected);
    }

    synchronized int unexpectedCount() {
        return unexpectedCount;
    }
}
