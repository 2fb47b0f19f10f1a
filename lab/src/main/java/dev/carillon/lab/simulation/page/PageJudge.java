package dev.carillon.lab.simulation.page;

import dev.carillon.broker.Live;
import dev.carillon.broker.Store;
import dev.carillon.lab.simulation.broker.SimulatedStore;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.journal.JournalText;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges a run with live pages: a confirmed action is in the state of its page, and no action is there twice; its effect happened once, and that of no action twice; what one
 * owner of a page wrote comes before all that the next one writes; one node at a time does the job; in the end each page has an owner, and so has the job.
 */
final class PageJudge {
    private static final String JOURNAL = "page-journal";

    private final PageWorld world;
    private final List<String> findings = new ArrayList<>();

    PageJudge(PageWorld world) {
        this.world = world;
    }

    List<String> findings(long afterNanos) {
        Map<String, Long> effects = effects();
        world.tabs().forEach(tab -> {
            findings.addAll(tab.findings());
            if (!tab.done()) {
                findings.add(tab.name() + ": no action was confirmed after the end of the faults");
            }
            judgeState(tab);
            judgeEffects(tab, effects);
        });
        judgeOwners();
        findings.addAll(world.job().findings());
        if (!world.job().ranSince(afterNanos)) {
            findings.add("the job has not run since the end of the faults");
        }
        return findings;
    }

    private void judgeState(SimulatedTab tab) {
        List<Integer> items = items(tab.context());
        Set<Integer> once = new HashSet<>();
        for (int item : items) {
            if (!once.add(item)) {
                findings.add(tab.name() + ": action " + item + " was applied twice");
            }
        }
        for (int i = tab.firstOfContext(); i < tab.outcomes().size(); i++) {
            if (tab.outcomes().get(i) == SimulatedTab.Outcome.CONFIRMED && !once.contains(i)) {
                findings.add(tab.name() + ": action " + i + " was confirmed, and is lost");
            }
        }
    }

    /** As the journal in the store has it. */
    private List<Integer> items(@Nullable String context) {
        if (context == null) {
            return List.of();
        }
        JournalEntry entry = world.broker()
                .store()
                .get(new Store.Key(Tenant.DEFAULT, JOURNAL, context))
                .map(found -> JournalText.read(found.value()))
                .orElse(null);
        String items = entry == null ? "" : entry.signals().getOrDefault(PageWorld.ITEMS, "");
        return Arrays.stream(items.split(",", -1))
                .filter(item -> !item.isEmpty())
                .map(Integer::valueOf)
                .toList();
    }

    /** For each event that actions broadcast, how often it is in the log; its data is the key of the action. */
    private Map<String, Long> effects() {
        return world.broker().log().read(List.of(PageWorld.SENT), Position.NONE, Integer.MAX_VALUE).events().stream()
                .map(Live::event)
                .collect(Collectors.groupingBy(event -> event.data(), Collectors.counting()));
    }

    private void judgeEffects(SimulatedTab tab, Map<String, Long> effects) {
        String context = tab.context();
        if (context == null) {
            return;
        }
        effects.forEach((action, count) -> {
            if (action.contains(context) && count > 1) {
                findings.add(tab.name() + ": the effect of action " + action + " happened " + count + " times");
            }
        });
        for (int i = tab.firstOfContext(); i < tab.outcomes().size(); i++) {
            if (tab.outcomes().get(i) == SimulatedTab.Outcome.CONFIRMED
                    && tab.actions().get(i).equals(PageWorld.SEND)
                    && !effects.containsKey(context + ".a" + i + "." + PageWorld.SEND)) {
                findings.add(tab.name() + ": action " + i + " was confirmed, and its effect has not happened");
            }
        }
    }

    /** No life of a page writes its journal after another one has taken it over. */
    private void judgeOwners() {
        Map<String, String> present = new HashMap<>();
        Map<String, Set<String>> former = new HashMap<>();
        for (SimulatedStore.Write write : world.broker().store().writes(JOURNAL)) {
            JournalEntry entry = JournalText.read(write.text().getBytes(StandardCharsets.UTF_8));
            if (entry == null) {
                findings.add("a journal of an unknown form was written");
                continue;
            }
            String page = write.key().name();
            String life = entry.owner().life();
            String before = present.put(page, life);
            if (before != null && !before.equals(life)) {
                former.computeIfAbsent(page, x -> new HashSet<>()).add(before);
            }
            if (former.getOrDefault(page, Set.of()).contains(life)) {
                findings.add(
                        "page " + page + ": " + entry.owner().node() + " wrote after another node had taken it over");
            }
        }
    }
}
