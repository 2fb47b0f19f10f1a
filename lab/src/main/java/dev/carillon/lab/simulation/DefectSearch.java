package dev.carillon.lab.simulation;

import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import java.util.OptionalLong;

/**
 * Whether runs with a defect in place fail.
 *
 * @param found number of seeds that fail
 * @param seeds number of seeds that were run
 * @param first the first seed that fails
 */
public record DefectSearch(Defect defect, int found, int seeds, OptionalLong first) {
    /** Runs seeds from the first on. */
    public static DefectSearch run(Defect defect, long from, int seeds) {
        int found = 0;
        OptionalLong first = OptionalLong.empty();
        for (long seed = from; seed < from + seeds; seed++) {
            if (!Simulation.run(Plan.of(seed), defect, false).clean()) {
                found++;
                first = first.isEmpty() ? OptionalLong.of(seed) : first;
            }
        }
        return new DefectSearch(defect, found, seeds, first);
    }

    /** On one line. */
    public String text() {
        return defect + ": " + defect.text() + ": "
                + (first.isEmpty()
                        ? "NOT FOUND in " + seeds + " seeds"
                        : "found in " + found + " of " + seeds + " seeds, first in seed " + first.getAsLong());
    }
}
