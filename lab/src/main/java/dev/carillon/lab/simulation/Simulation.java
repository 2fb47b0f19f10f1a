package dev.carillon.lab.simulation;

import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.simulation.cluster.Injector;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.page.PageWorld;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import dev.carillon.lab.simulation.plan.Profile;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one plan: clients connect, events are broadcast while faults happen, faults end, everything settles, and the accounting of the fault runs judges. The
 * same plan gives the same run, step by step.
 */
public final class Simulation {
    private static final long NANOS_PER_MILLI = Schedule.NANOS_PER_MILLI;
    private static final int CHECK_MILLIS = 500;
    /** Within this time after the last broadcast began, all faults have ended and the cluster has recovered. */
    private static final int SETTLE_MILLIS = 60_000;
    /** Time after everything has settled, in which a second copy of an event would arrive. */
    private static final int AFTERWARDS_MILLIS = 3_000;

    private static final int MAX_FAULT_MILLIS = 6_500;

    private Simulation() {}

    /** Runs a plan on the code as it is. */
    public static Result run(Plan plan) {
        return run(plan, Defect.NONE, false);
    }

    /**
     * Runs a plan.
     *
     * @param defect a mistake to put in place
     * @param told whether the result has the story
     */
    public static Result run(Plan plan, Defect defect, boolean told) {
        return plan.profile() == Profile.PAGES ? runPages(plan, defect, told) : runEvents(plan, defect, told);
    }

    private static Result runPages(Plan plan, Defect defect, boolean told) {
        PageWorld world = new PageWorld(plan, defect, told);
        Injector injector = new Injector(world);
        injector.plan();
        List<String> findings = new ArrayList<>();
        Schedule schedule = world.schedule();
        try {
            long end = (long) Plan.WARM_UP_MILLIS + plan.workMillis();
            schedule.runUntil(end * NANOS_PER_MILLI);
            injector.heal();
            long now = end + (plan.selected().isEmpty() ? 0 : MAX_FAULT_MILLIS);
            long healed = now * NANOS_PER_MILLI;
            schedule.runUntil(healed);
            long last = now + SETTLE_MILLIS;
            while (!world.settled(healed) && now < last) {
                now += CHECK_MILLIS;
                schedule.runUntil(now * NANOS_PER_MILLI);
            }
            schedule.runUntil((now + AFTERWARDS_MILLIS) * NANOS_PER_MILLI);
            findings.addAll(world.findings(healed));
        } catch (RuntimeException e) {
            findings.add("exception: " + e);
        }
        findings.forEach(one -> world.story().tell("judge", one));
        Result result = new Result(
                plan,
                world.story().hash(),
                schedule.steps(),
                schedule.nanos(),
                Verdict.of(new Ledger("none", List.of(), List.of(), () -> 0)),
                new Result.Pages(world.confirmed(), world.works()),
                findings,
                injector.happened(),
                world.story().lines());
        world.close();
        return result;
    }

    private static Result runEvents(Plan plan, Defect defect, boolean told) {
        World world = new World(plan, defect, told);
        Injector injector = new Injector(world);
        injector.plan();
        List<String> findings = new ArrayList<>();
        try {
            live(world, injector, findings);
        } catch (RuntimeException e) {
            findings.add("exception: " + e);
        }
        Verdict verdict = Verdict.of(world.ledger());
        if (!verdict.clean()) {
            findings.addAll(verdict.findings());
        }
        findings.addAll(world.missingRetained());
        findings.addAll(world.broker().trace().violations());
        findings.forEach(one -> world.story().tell("judge", one));
        return new Result(
                plan,
                world.story().hash(),
                world.schedule().steps(),
                world.schedule().nanos(),
                verdict,
                Result.Pages.NONE,
                findings,
                injector.happened(),
                world.story().lines());
    }

    private static void live(World world, Injector injector, List<String> findings) {
        Schedule schedule = world.schedule();
        long end = (long) Plan.WARM_UP_MILLIS + world.plan().workMillis();
        schedule.runUntil(end * NANOS_PER_MILLI);
        injector.heal();
        long now = end + (world.plan().selected().isEmpty() ? 0 : MAX_FAULT_MILLIS);
        long last = now + SETTLE_MILLIS;
        schedule.runUntil(now * NANOS_PER_MILLI);
        while (!world.settled() && now < last) {
            now += CHECK_MILLIS;
            schedule.runUntil(now * NANOS_PER_MILLI);
        }
        if (!world.settled()) {
            findings.addAll(world.unsettled());
        }
        schedule.runUntil((now + AFTERWARDS_MILLIS) * NANOS_PER_MILLI);
    }
}
