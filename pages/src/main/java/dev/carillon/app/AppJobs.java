package dev.carillon.app;

import dev.carillon.extension.ExtensionContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The jobs of an application, at most {@value #MAX}. Not thread-safe; complete before the application starts. */
final class AppJobs {
    static final int MAX = 64;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

    private final Map<String, ClusterJob.Declared> jobs = new LinkedHashMap<>();

    void add(String name, JobRule rule, JobCode code) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "job " + name + ": must have 1 to 64 lower-case letters, digits and hyphens, first a letter");
        }
        if (jobs.size() >= MAX) {
            throw new IllegalStateException("an application has at most " + MAX + " jobs");
        }
        if (jobs.putIfAbsent(name, new ClusterJob.Declared(name, rule, code)) != null) {
            throw new IllegalArgumentException("job " + name + ": there is one already");
        }
    }

    /**
     * Starts them on a node.
     *
     * @param app base path of the application
     * @return ends them
     */
    Runnable start(ExtensionContext node, String app) {
        List<ClusterJob> started = new ArrayList<>();
        Runnable end = () -> {
            started.forEach(ClusterJob::stop);
            started.forEach(ClusterJob::close);
        };
        try {
            jobs.values().forEach(job -> started.add(new ClusterJob(node, app, job)));
        } catch (RuntimeException e) {
            end.run();
            throw e;
        }
        return end;
    }
}
