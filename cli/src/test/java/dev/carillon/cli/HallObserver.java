package dev.carillon.cli;

import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.lab.report.BarChart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Accounts for a hall of phones that get events with rising numbers. Thread-safe. */
final class HallObserver implements FleetObserver {
    private static final long NEVER = -1;

    private static final class Phone {
        int lastNumber;
        int missed;
        int ends;
        long endedAt = NEVER;
    }

    private final List<Phone> phones;
    private final List<Long> endings = new ArrayList<>();
    private final List<Long> returns = new ArrayList<>();
    private final List<BarChart.Mark> marks = new ArrayList<>();
    private long begin = NEVER;
    private long longestNanos;
    private int outOfOrder;
    private int refusedForGood;

    HallObserver(int phones) {
        this.phones = IntStream.range(0, phones).mapToObj(i -> new Phone()).toList();
    }

    /** What is told of begins here. */
    synchronized void begin(long nanos) {
        begin = nanos;
        marks.add(new BarChart.Mark("SIGTERM", 0));
    }

    synchronized void mark(String name) {
        marks.add(new BarChart.Mark(name, (System.nanoTime() - begin) / 1_000_000));
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        Phone phone = phones.get(client);
        if (phone.endedAt != NEVER) {
            longestNanos = Math.max(longestNanos, nanos - phone.endedAt);
            phone.endedAt = NEVER;
            returns.add(nanos);
        }
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        Phone phone = phones.get(client);
        phone.endedAt = nanos;
        phone.ends++;
        endings.add(nanos);
    }

    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        if (!event.type().equals("tick")) {
            return;
        }
        Phone phone = phones.get(client);
        int number = Integer.parseInt(event.data());
        if (number <= phone.lastNumber) {
            outOfOrder++;
        } else if (phone.lastNumber > 0) {
            phone.missed += number - phone.lastNumber - 1;
        }
        phone.lastNumber = number;
    }

    @Override
    public synchronized void refusedForGood(int client, int status) {
        refusedForGood++;
    }

    synchronized int minLastNumber() {
        return phones.stream().mapToInt(p -> p.lastNumber).min().orElse(0);
    }

    synchronized int refusedForGood() {
        return refusedForGood;
    }

    /** Duplicate events, and events after a later one. */
    synchronized int outOfOrder() {
        return outOfOrder;
    }

    /** Phones whose stream ended at least once. */
    synchronized int moved() {
        return (int) phones.stream().filter(p -> p.ends > 0).count();
    }

    /** Events that a phone did not get, though it got one before and one after. */
    synchronized int missed() {
        return phones.stream().mapToInt(p -> p.missed).sum();
    }

    /** How often a phone had a stream again before the last one ended. */
    synchronized int backBeforeTheLastEnd() {
        long last = endings.stream().mapToLong(Long::longValue).max().orElse(begin);
        return (int)
                returns.stream().filter(time -> time >= begin && time < last).count();
    }

    synchronized Duration longestWithoutStream() {
        return Duration.ofNanos(longestNanos);
    }

    synchronized List<Integer> ended(long stepMillis) {
        return histogram(endings, stepMillis);
    }

    synchronized List<Integer> back(long stepMillis) {
        return histogram(returns, stepMillis);
    }

    synchronized List<BarChart.Mark> marks() {
        return List.copyOf(marks);
    }

    synchronized String summary() {
        int most = phones.stream().mapToInt(p -> p.ends).max().orElse(0);
        return "phones " + phones.size() + ", moved " + moved() + ", ends of one phone at the most " + most
                + ", longest without a stream " + longestWithoutStream().toMillis() + " ms, missed " + missed()
                + ", twice or out of order " + outOfOrder
                + ", most back in 250 ms "
                + back(250).stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    private List<Integer> histogram(List<Long> times, long stepMillis) {
        List<Integer> counts = new ArrayList<>();
        for (long time : times) {
            if (time < begin) {
                continue;
            }
            int step = (int) ((time - begin) / 1_000_000 / stepMillis);
            while (counts.size() <= step) {
                counts.add(0);
            }
            counts.set(step, counts.get(step) + 1);
        }
        return counts;
    }
}
