package dev.carillon.jmh;

import dev.carillon.template.TopicTemplate;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Matches a topic with a template: an ordinary template, and the longest templates that were designed to be slow. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class TopicTemplateBenchmark {
    /** Part of the template that is repeated up to the maximum length; the ordinary template is not repeated. */
    @Param({"https://example.com/books/{id}", "{+a}{+b}", "{/x*}{/y*}", "{/x,y,z}{a}", "/{+a}a{+b}"})
    String repeated;

    /** Size of the topic, whose last byte matches no template. */
    @Param({"64", "1024"})
    int bytes;

    private TopicTemplate template;
    private String topic;

    @Setup
    public void parse() {
        boolean ordinary = repeated.startsWith("https:");
        template = TopicTemplate.parse(
                        ordinary ? repeated : repeated.repeat(TopicTemplate.MAX_LENGTH / repeated.length()))
                .orElseThrow();
        topic = ordinary
                ? template.literalPrefix()
                        + "1".repeat(bytes - template.literalPrefix().length() - 1) + "\""
                : "/a".repeat((bytes - 1) / 2) + "\"";
        if (template.matches(topic)) {
            throw new IllegalStateException("the topic must not match");
        }
    }

    @Benchmark
    public boolean match() {
        return template.matches(topic);
    }
}
