package dev.carillon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import dev.carillon.base.Platform;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.Timer;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * Clocks, randomness and threads come from a {@link Platform} that is given, so that a simulation can give another. Waiting for a latch, a
 * future or a queue with a time limit is not among what is forbidden.
 */
public final class PlatformRule {
    private static final String ANY = "*";
    private static final String NEW = "<init>";

    private static final Map<Class<?>, Set<String>> FORBIDDEN = Map.ofEntries(
            Map.entry(System.class, Set.of("nanoTime", "currentTimeMillis")),
            Map.entry(Clock.class, Set.of("systemUTC", "systemDefaultZone", "system", "tickMillis", "tickSeconds")),
            Map.entry(InstantSource.class, Set.of("system")),
            Map.entry(Date.class, Set.of(NEW)),
            Map.entry(Math.class, Set.of("random")),
            Map.entry(Random.class, Set.of(NEW)),
            Map.entry(SplittableRandom.class, Set.of(NEW)),
            Map.entry(ThreadLocalRandom.class, Set.of("current")),
            Map.entry(RandomGenerator.class, Set.of("of", "getDefault")),
            Map.entry(SecureRandom.class, Set.of(NEW, "getInstance", "getInstanceStrong")),
            Map.entry(UUID.class, Set.of("randomUUID")),
            Map.entry(Thread.class, Set.of(NEW, "ofVirtual", "ofPlatform", "startVirtualThread", "sleep")),
            Map.entry(TimeUnit.class, Set.of("sleep")),
            Map.entry(LockSupport.class, Set.of("parkNanos", "parkUntil")),
            Map.entry(Executors.class, Set.of(ANY)),
            Map.entry(ThreadPoolExecutor.class, Set.of(NEW)),
            Map.entry(ScheduledThreadPoolExecutor.class, Set.of(NEW)),
            Map.entry(ForkJoinPool.class, Set.of(NEW, "commonPool")),
            Map.entry(Timer.class, Set.of(NEW)),
            Map.entry(CompletableFuture.class, Set.of("delayedExecutor", "orTimeout", "completeOnTimeout")));

    private PlatformRule() {}

    /**
     * No class uses those of the process.
     *
     * @param makers classes, by their full names, that may use them directly; nested ones included
     * @param roots classes that may take {@link Platform#system}: by them everything else is given its own
     */
    public static ArchRule platformIsGiven(List<String> makers, List<String> roots) {
        return noClasses()
                .that(areNoneOf(makers))
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        "the target is a clock, randomness or a thread of the process",
                        access -> isForbidden(access.getTarget())
                                || isSystem(access.getTarget()) && !roots.contains(topLevel(access.getOriginOwner()))));
    }

    /**
     * A cache whose entries end measures by a ticker that is given.
     *
     * @param exempt classes, by their full names
     */
    public static ArchRule cachesHaveTickers(List<String> exempt) {
        return noClasses()
                .that(areNoneOf(exempt))
                .should(ArchConditions.be(DescribedPredicate.<JavaClass>describe(
                        "using a cache whose entries end by the clock of the process",
                        c -> builds(c, "expireAfterWrite", "expireAfterAccess", "refreshAfterWrite")
                                && !builds(c, "ticker"))));
    }

    private static boolean builds(JavaClass caller, String... options) {
        return caller.getMethodCallsFromSelf().stream()
                .filter(call -> call.getTargetOwner().isEquivalentTo(Caffeine.class))
                .anyMatch(call -> List.of(options).contains(call.getName()));
    }

    private static DescribedPredicate<JavaClass> areNoneOf(List<String> names) {
        return DescribedPredicate.describe("are none of " + names, c -> !names.contains(topLevel(c)));
    }

    private static String topLevel(JavaClass nested) {
        return nested.getEnclosingClass().map(PlatformRule::topLevel).orElseGet(nested::getName);
    }

    private static boolean isSystem(AccessTarget target) {
        return target.getOwner().isEquivalentTo(Platform.class)
                && target.getName().equals("system");
    }

    private static boolean isForbidden(AccessTarget target) {
        JavaClass owner = target.getOwner();
        for (Map.Entry<Class<?>, Set<String>> entry : FORBIDDEN.entrySet()) {
            if (owner.isEquivalentTo(entry.getKey())
                    && (entry.getValue().contains(ANY) || entry.getValue().contains(target.getName()))) {
                return true;
            }
        }
        return isNow(target) || runsInCommonPool(target);
    }

    private static boolean isNow(AccessTarget target) {
        return target.getName().equals("now")
                && target.getOwner().getPackageName().equals("java.time");
    }

    private static boolean runsInCommonPool(AccessTarget target) {
        return target.getName().endsWith("Async")
                && (target.getOwner().isEquivalentTo(CompletableFuture.class)
                        || target.getOwner().isEquivalentTo(CompletionStage.class))
                && target instanceof AccessTarget.CodeUnitAccessTarget unit
                && unit.getRawParameterTypes().stream().noneMatch(type -> type.isEquivalentTo(Executor.class));
    }
}
