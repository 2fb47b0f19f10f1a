package dev.carillon.lab.simulation;

import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes a failing plan smaller: drops faults and shortens the run for as long as it still fails. */
public final class Shrink {
    private static final int MIN_WORK_MILLIS = 500;

    private Shrink() {}

    /** The smallest plan that was found. */
    public static Plan of(Plan failing, Defect defect) {
        return of(failing, plan -> !Simulation.run(plan, defect, false).clean());
    }

    static Plan of(Plan failing, Predicate<Plan> fails) {
        Plan smallest = failing;
        boolean smaller = true;
        while (smaller) {
            Plan before = smallest;
            smallest = shorten(dropFaults(smallest, fails), fails);
            smaller = !smallest.equals(before);
        }
        return smallest;
    }

    private static Plan dropFaults(Plan failing, Predicate<Plan> fails) {
        Plan smallest = failing;
        for (Integer fault : failing.selected()) {
            List<Integer> fewer = new ArrayList<>(smallest.selected());
            fewer.removeIf(fault::equals);
            Plan tried = smallest.select(fewer);
            if (fails.test(tried)) {
                smallest = tried;
            }
        }
        return smallest;
    }

    private static Plan shorten(Plan failing, Predicate<Plan> fails) {
        Plan smallest = failing;
        int step = failing.workMillis() / 2;
        while (step >= MIN_WORK_MILLIS) {
            Plan tried = smallest.length(smallest.workMillis() - step);
            if (tried.workMillis() >= MIN_WORK_MILLIS && fails.test(tried)) {
                smallest = tried;
            } else {
                step /= 2;
            }
        }
        return smallest;
    }
}
