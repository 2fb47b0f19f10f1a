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

/** The template index of a node: 200 or 2,000 different templates with 500 references each, and look-ups of known and new topics. */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class TemplateIndexBenchmark {
    private static final int REFERENCES = 500;
    private static final int COMMON_PREFIX = 10;
    private static final int KNOWN_TOPICS = 10_000;
    /** Many more topics than the index caches, so that hardly any look-up finds a cached result. */
    private static final int NEW_TOPICS = 250_000;

    private static final Tenant TENANT = Tenant.DEFAULT;

    /** Number of different templates, {@value #COMMON_PREFIX} of them with a common prefix. */
    @Param({"200", "2000"})
    int templates;

    /** Number of templates that match a topic. */
    @Param({"0", "1", "10"})
    int matching;

    private TemplateIndex index;
    private TopicTemplate referenced;
    private TopicTemplate unreferenced;
    private List<Scope>[] topics;
    private int next;

    @Setup
    public void addTemplates() {
        index = new TemplateIndex();
        for (int i = 0; i < templates; i++) {
            TopicTemplate template = template(
                    i < COMMON_PREFIX
                            ? "https://example.com/shelf/{a" + i + "}"
                            : "https://example.com/shop" + i + "/{id}");
            for (int n = 0; n < REFERENCES; n++) {
                index.add(TENANT, template);
            }
        }
        referenced = template("https://example.com/shop" + (templates - 1) + "/{id}");
        unreferenced = template("https://example.com/new/{id}");
        topics = topics();
    }

    /** Looks up a topic with a cached result. */
    @Benchmark
    public List<TopicTemplate> known_topic() {
        next = next + 1 < KNOWN_TOPICS ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** Looks up a topic without a cached result. */
    @Benchmark
    public List<TopicTemplate> new_topic() {
        next = next + 1 < NEW_TOPICS ? next + 1 : 0;
        return index.matching(TENANT, topics[next]);
    }

    /** Adds and removes a reference to a template that has others. */
    @Benchmark
    public void add_and_remove_reference() {
        index.add(TENANT, referenced);
        index.remove(TENANT, referenced);
    }

    /** Adds and removes a template without other references. */
    @Benchmark
    public void add_and_remove_template() {
        index.add(TENANT, unreferenced);
        index.remove(TENANT, unreferenced);
    }

    @TearDown
    public void check() {
        if (index.size() != templates || index.matching(TENANT, topics[0]).size() != matching) {
            throw new IllegalStateException("the index does not have the expected templates");
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private List<Scope>[] topics() {
        List<Scope>[] made = new List[NEW_TOPICS];
        for (int i = 0; i < NEW_TOPICS; i++) {
            String path = switch (matching) {
                case 0 -> "cellar/";
                case 1 -> "shop" + (COMMON_PREFIX + i % (templates - COMMON_PREFIX)) + "/";
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
