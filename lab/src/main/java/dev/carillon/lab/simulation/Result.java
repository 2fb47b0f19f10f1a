package dev.carillon.lab.simulation;

import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.simulation.plan.Fault;
import dev.carillon.lab.simulation.plan.Plan;
import java.util.List;
import java.util.Map;

/**
 * One run.
 *
 * @param hash of all that happened: equal for equal runs
 * @param steps number of tasks that ran
 * @param lifeNanos virtual time
 * @param verdict of the accounting
 * @param pages what live pages did
 * @param findings what is wrong: violations, clients without a stream, exceptions; empty if the run is clean
 * @param faults number of faults that happened, by kind
 * @param story one line for each thing that happened; empty if it was not asked for
 */
public record Result(
        Plan plan,
        long hash,
        long steps,
        long lifeNanos,
        Verdict verdict,
        Pages pages,
        List<String> findings,
        Map<Fault.Kind, Integer> faults,
        List<String> story) {
    /**
     * A run with live pages.
     *
     * @param confirmed actions that were confirmed
     * @param works pieces of work of the job
     */
    public record Pages(int confirmed, int works) {
        static final Pages NONE = new Pages(0, 0);
    }

    public Result {
        findings = List.copyOf(findings);
        faults = Map.copyOf(faults);
        story = List.copyOf(story);
    }

    public boolean clean() {
        return findings.isEmpty();
    }
}
