package dev.carillon.lab.simulation.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a run does besides its workload. All of it follows from the seed, except for the selection of faults and the length, which shrinking reduces.
 *
 * @param selected numbers of the faults of the seed that happen
 * @param workMillis for how long events are broadcast
 */
public record Plan(long seed, List<Integer> selected, int workMillis) {
    /** For how long events are broadcast by default. */
    public static final int WORK_MILLIS = 12_000;

    /** When the first event is broadcast; before, the first clients connect. */
    public static final int WARM_UP_MILLIS = 1_500;

    public static final int NODES = 3;
    public static final int CLIENTS = 6;

    private static final int MAX_FAULTS = 8;
    private static final int MAX_LENGTH_MILLIS = 6_000;
    private static final int MAX_EVENTS = 6;
    private static final int MAX_LATER_MILLIS = 2_500;
    private static final int SALT = 0x5eed;

    public Plan {
        selected = List.copyOf(selected);
    }

    /** All faults of a seed. */
    public static Plan of(long seed) {
        return new Plan(seed, IntStream.range(0, all(seed).size()).boxed().toList(), WORK_MILLIS);
    }

    public Profile profile() {
        return profile(seed);
    }

    private static Profile profile(long seed) {
        return switch (new SplittableRandom(seed).nextInt(10)) {
            case 0, 1 -> Profile.NETWORK;
            case 2, 3 -> Profile.DATA;
            case 4 -> Profile.TRIM;
            case 5 -> Profile.SILENT_LOSS;
            case 6 -> Profile.SILENT_LOSS_AND_DATA;
            default -> Profile.PAGES;
        };
    }

    /** The faults of the seed, in their order. */
    public static List<Fault> all(long seed) {
        SplittableRandom random = new SplittableRandom(seed ^ SALT);
        List<Fault.Kind> kinds = profile(seed).kinds();
        List<Fault> faults = new ArrayList<>();
        int count = 1 + random.nextInt(MAX_FAULTS);
        for (int i = 0; i < count; i++) {
            Fault.Kind kind = kinds.get(random.nextInt(kinds.size()));
            int target = random.nextInt(kind.name().startsWith("CLIENT") ? CLIENTS : NODES);
            int amount = 1 + random.nextInt(kind.counts() ? MAX_EVENTS : MAX_LENGTH_MILLIS);
            faults.add(new Fault(kind, random.nextInt(WORK_MILLIS), target, amount));
        }
        if (profile(seed) == Profile.SILENT_LOSS_AND_DATA) {
            addLosses(faults, random);
        }
        faults.sort(Comparator.comparingInt(Fault::atMillis));
        return faults;
    }

    /** Live events are lost soon after each restart without data, as the first events of a scope then matter. */
    private static void addLosses(List<Fault> faults, SplittableRandom random) {
        for (Fault emptied : List.copyOf(faults)) {
            if (emptied.kind() == Fault.Kind.BROKER_EMPTIED) {
                int at = emptied.atMillis() + emptied.amount() + random.nextInt(MAX_LATER_MILLIS);
                if (at < WORK_MILLIS) {
                    faults.add(new Fault(Fault.Kind.LOST, at, random.nextInt(NODES), 1 + random.nextInt(MAX_EVENTS)));
                }
            }
        }
    }

    /** The faults that happen. */
    public List<Fault> faults() {
        List<Fault> all = all(seed);
        return selected.stream().map(all::get).toList();
    }

    /** @throws IllegalArgumentException if the seed has no fault of one of these numbers */
    public Plan select(List<Integer> faults) {
        int count = all(seed).size();
        faults.stream().filter(i -> i < 0 || i >= count).findFirst().ifPresent(i -> {
            throw new IllegalArgumentException("seed " + seed + " has faults 0 to " + (count - 1) + ", not " + i);
        });
        return new Plan(seed, faults, workMillis);
    }

    public Plan length(int millis) {
        return new Plan(seed, selected, millis);
    }

    /** The options of the command that runs this plan. */
    public String options() {
        StringBuilder text = new StringBuilder("--seed " + seed);
        if (selected.size() < all(seed).size()) {
            text.append(" --faults ")
                    .append(
                            selected.isEmpty()
                                    ? "none"
                                    : selected.stream().map(String::valueOf).collect(Collectors.joining(",")));
        }
        if (workMillis != WORK_MILLIS) {
            text.append(" --length ").append(workMillis);
        }
        return text.toString();
    }
}
