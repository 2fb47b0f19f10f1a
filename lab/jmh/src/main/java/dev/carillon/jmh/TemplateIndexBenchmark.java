package dev.carillon.jmh;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.template.TemplateIndex;
import dev.carillon.template.TopicTemplate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The template index of a hub with 100,000 selectors: 200 templates with 500 subscriptions each, and 10,000 known topics. */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class TemplateIndexBenchmark {
    private static final int SUBSCRIPTIONS = 500;
    private static final int SAME_PREFIX = 10;
    private static final int KNOWN = 10_000;
    /** Far more than the index caches, so that a topic is no longer cached when it is used again. */
    private static final int UNKNOWN = 250_000;

    private static final Tenant TENANT = Tenant.DEFAULT;

    /** Number of templates, {@value #SAME_PREFIX} of them with the same prefix. */
    @Param({"200", "2000"})
    int templates;

    /** Number of templates that match a topic. */
    @Param({"0", "1", "10"})
    int matching;

    private TemplateIndex index;
    private TopicTemplate known;
    private TopicTemplate unknown;
    private List<Scope>[] topics;
    private int next;

    @Setup
    public void hold() {
        index = new TemplateIndex();
        for (int i = 0; i < templates; i++) {
            TopicTemplate template = template(
                    i < SAME_PREFIX
                            ? "https://example.com/shelf/{a" + i + "}"
                            : "https://example.com/shop" + i + "/{id}");
            for (int n = 0; n < SUBSCRIPTIONS; n++) {
                index.add(TENANT, template);
            }
        }
        known = template("https://example.com/shop" + (templates - 1) + "/{id}");
        unknown = template("https://example.com/new/{id}");
        topics = topics();
    }

    /** An event for a cached topic. */
    @Benchmark
    public List<TopicTemplate> known_topic() {
        next = next + 1 < KNOWN ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** An event for a topic that is not cached. */
    @Benchmark
    public List<TopicTemplate> unknown_topic() {
        next = next + 1 < UNKNOWN ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** Adds and removes a subscription whose template is in the index. */
    @Benchmark
    public void add_and_remove_known() {
        index.add(TENANT, known);
        index.remove(TENANT, known);
    }

    /** Adds and removes a subscription with a new template. */
    @Benchmark
    public void add_and_remove_unknown() {
        index.add(TENANT, unknown);
        index.remove(TENANT, unknown);
    }

    @TearDown
    public void check() {
        if (index.size() != templates || index.matching(TENANT, topics[0]).size() != matching) {
            throw new IllegalStateException("the index is not as expected");
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private List<Scope>[] topics() {
        List<Scope>[] made = new List[UNKNOWN];
        for (int i = 0; i < UNKNOWN; i++) {
            String path = switch (matching) {
                case 0 -> "cellar/";
                case 1 -> "shop" + (SAME_PREFIX + i % (templates - SAME_PREFIX)) + "/";
                default -> "shelf/";
            };
            made[i] = List.of(Scope.topic("https://example.com/" + path + i));
        }
        return made;
    }

    private static TopicTemplate template(String text) {
        return TopicTemplate.parse(text).orElseThrow();
    }
}
