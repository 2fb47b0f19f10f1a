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

/** The templates of a worker with 100,000 selectors: 200 different ones, each held 500 times, and topics of which it has seen 10,000. */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class TemplateIndexBenchmark {
    private static final int HOLDERS = 500;
    private static final int ALIKE = 10;
    private static final int SEEN = 10_000;
    /** So many more than the index remembers that hardly one is when it comes again. */
    private static final int NEW = 250_000;

    private static final Tenant TENANT = Tenant.DEFAULT;

    /** How many different templates are held, {@value #ALIKE} of them with one prefix. */
    @Param({"200", "2000"})
    int templates;

    /** How many of them match a topic. */
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
                    i < ALIKE ? "https://example.com/shelf/{a" + i + "}" : "https://example.com/shop" + i + "/{id}");
            for (int n = 0; n < HOLDERS; n++) {
                index.add(TENANT, template);
            }
        }
        known = template("https://example.com/shop" + (templates - 1) + "/{id}");
        unknown = template("https://example.com/new/{id}");
        topics = topics();
    }

    /** An event for a topic that was seen before. */
    @Benchmark
    public List<TopicTemplate> topic_seen_before() {
        next = next + 1 < SEEN ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** An event for a topic that was not. */
    @Benchmark
    public List<TopicTemplate> new_topic() {
        next = next + 1 < NEW ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** A subscription with a template that others hold comes and goes. */
    @Benchmark
    public void add_and_remove_known() {
        index.add(TENANT, known);
        index.remove(TENANT, known);
    }

    /** A subscription with a template that nobody else holds comes and goes. */
    @Benchmark
    public void add_and_remove_unknown() {
        index.add(TENANT, unknown);
        index.remove(TENANT, unknown);
    }

    @TearDown
    public void check() {
        if (index.size() != templates || index.matching(TENANT, topics[0]).size() != matching) {
            throw new IllegalStateException("what was measured was not done");
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private List<Scope>[] topics() {
        List<Scope>[] made = new List[NEW];
        for (int i = 0; i < NEW; i++) {
            String path = switch (matching) {
                case 0 -> "cellar/";
                case 1 -> "shop" + (ALIKE + i % (templates - ALIKE)) + "/";
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
