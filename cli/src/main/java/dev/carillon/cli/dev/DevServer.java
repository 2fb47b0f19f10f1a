package dev.carillon.cli.dev;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.extension.Development;
import dev.carillon.extension.Development.Problem;
import dev.carillon.extension.Extension;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node that runs an application from its sources, and follows their changes.
 *
 * <pre>
 *             build fails                         build succeeds
 *   ┌──────┐ ◀───────────── start ─────────────▶ ┌─────────┐
 *   │ none │                                     │ running │ ◀─┐ another build succeeds: a new node with its classes
 *   └──────┘ ──────────────────────────────────▶ └─────────┘ ──┘
 *                         build succeeds           build fails: the old one goes on, and shows the errors
 * </pre>
 *
 * <p>Each build has a class loader and a node of its own: the node before has stopped when the next one starts, so classes of two builds never meet. A tab is not
 * lost by that: its state is in the store, as when a node fails, and the store outlives the nodes. Templates are replaced within a build, and views rendered again;
 * static files are only announced to the pages.
 *
 * <p>All of it happens on one thread: that of the watch, and before that the one that starts it. The methods for tests may be called by any.
 */
public final class DevServer implements AutoCloseable {
    private final Options options;
    private final Path work;
    private final PrintStream out;
    private List<Path> libraries = List.of();
    private int builds;
    private volatile @Nullable Build running;
    private volatile @Nullable Node node;
    private NodeConfig config;
    /** The last one with which a node has started. */
    private NodeConfig working;
    /** Whether the last build of the classes has failed. */
    private boolean outdated;

    private @Nullable Broker store;
    private List<Problem> problems = List.of();
    private @Nullable SourceWatch watch;
    private boolean closed;

    /** Reads the settings of the node, each time that their file has changed. */
    @FunctionalInterface
    public interface SettingsSource {
        /** @throws ConfigException for wrong settings */
        NodeConfig read();
    }

    /**
     * Opens what must outlive the nodes.
     *
     * @see Options
     */
    @FunctionalInterface
    public interface StoreKeeper {
        /** Null: the store is a server of its own. */
        @Nullable
        Broker open(NodeConfig config);
    }

    /**
     * What is run.
     *
     * @param mainClass of the application; empty: the only one
     * @param settings of the nodes
     * @param settingsFile which is watched, too; empty: none
     * @param keeper opened once a node serves
     */
    public record Options(
            Project project,
            IgnoredFiles ignored,
            Optional<String> mainClass,
            SettingsSource settings,
            Optional<Path> settingsFile,
            StoreKeeper keeper) {}

    private DevServer(Options options, PrintStream out) throws IOException {
        this.options = options;
        this.out = out;
        this.config = options.settings().read();
        this.working = config;
        this.work = Files.createTempDirectory("carillon-dev-");
    }

    /**
     * Builds the application, starts a node with it, and follows the changes from then on. The node starts even if the build fails, and shows why.
     *
     * @param out takes a line for each change
     * @throws ConfigException for wrong settings
     */
    public static DevServer start(Options options, PrintStream out) throws IOException, InterruptedException {
        DevServer server = new DevServer(options, out);
        try {
            server.begin();
            return server;
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** A change is handled once the first build has ended, also one that came before its end. */
    private synchronized void begin() throws IOException, InterruptedException {
        watch = SourceWatch.start(
                options.project().root(),
                options.settingsFile().map(Path::toAbsolutePath).orElse(null),
                options.ignored(),
                this::onChange);
        // The node may have all that the application needs.
        resolve().forEach(problem -> out.println("carillon: " + problem.message()));
        rebuild("started", System.nanoTime());
    }

    /** Whether this Java runtime can compile. */
    public static boolean isPossible() {
        return ModuleLayer.boot().findModule("jdk.compiler").isPresent();
    }

    /** Port of the node. */
    public int port() {
        return Objects.requireNonNull(node).port();
    }

    /** What keeps the sources from running; none: they run. */
    public List<Problem> problems() {
        return problems;
    }

    /** The class loader of the running build, for tests. */
    @Nullable
    ClassLoader loader() {
        Build build = running;
        return build == null ? null : build.loader();
    }

    private synchronized void onChange(SourceWatch.Batch batch) {
        if (closed) {
            return;
        }
        Map<Project.Kind, Set<Path>> changes = new EnumMap<>(Project.Kind.class);
        for (Path file : batch.files()) {
            changes.computeIfAbsent(kind(file), kind -> new TreeSet<>()).add(file);
        }
        Set<Path> _ = changes.remove(Project.Kind.OTHER);
        if (changes.isEmpty()) {
            return;
        }
        String what = changes.values().stream()
                .flatMap(Set::stream)
                .map(options.project()::shown)
                .collect(Collectors.joining(", "));
        try {
            apply(changes, what, batch.seenNanos());
        } catch (IOException | UncheckedIOException e) {
            report(what, "failed: " + e.getMessage(), batch.seenNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Project.Kind kind(Path file) {
        return options.settingsFile()
                        .map(Path::toAbsolutePath)
                        .filter(file::equals)
                        .isPresent()
                ? Project.Kind.SETTINGS
                : options.project().kind(file);
    }

    private void apply(Map<Project.Kind, Set<Path>> changes, String what, long seen)
            throws IOException, InterruptedException {
        boolean settings = changes.containsKey(Project.Kind.SETTINGS);
        if (settings) {
            try {
                config = options.settings().read();
            } catch (ConfigException e) {
                refuse(what, List.of(new Problem("", 0, String.valueOf(e.getMessage()), "")), seen);
                return;
            }
        }
        if (changes.containsKey(Project.Kind.BUILD)) {
            List<Problem> missing = resolve();
            if (!missing.isEmpty()) {
                refuse(what, missing, seen);
                return;
            }
        }
        boolean classes = changes.containsKey(Project.Kind.BUILD) || changes.containsKey(Project.Kind.CLASSES);
        boolean templates = changes.containsKey(Project.Kind.TEMPLATES);
        Build build = running;
        if (classes || (templates || settings) && (build == null || outdated)) {
            rebuild(what, seen);
        } else if (build != null) {
            if (settings) {
                run(build, build, what, seen);
            }
            if (templates) {
                takeTemplates(build, what, seen);
            }
        }
        Node current = node;
        if (current != null) {
            filesChanged(changes, current, what, seen);
        }
    }

    private void filesChanged(Map<Project.Kind, Set<Path>> changes, Node current, String what, long seen) {
        boolean announced = false;
        for (Project.Kind kind : List.of(Project.Kind.STYLESHEET, Project.Kind.STATIC_FILE)) {
            for (Path file : changes.getOrDefault(kind, Set.of())) {
                current.development().ifPresent(pages -> pages.fileChanged(String.valueOf(file.getFileName())));
                announced = true;
            }
        }
        if (announced) {
            report(what, "files are loaded again", seen);
        }
    }

    /** Finds the libraries; returns why that is not possible. */
    private List<Problem> resolve() throws InterruptedException {
        if (options.project().isMaven()) {
            try {
                libraries = MavenLibraries.of(options.project());
            } catch (IOException e) {
                return List.of(new Problem("pom.xml", 0, String.valueOf(e.getMessage()), ""));
            }
        }
        return List.of();
    }

    private void takeTemplates(Build build, String what, long seen) throws IOException {
        if (!build.hasTemplates()) {
            rebuild(what, seen);
            return;
        }
        List<Problem> found = build.takeTemplates();
        if (!found.isEmpty()) {
            refuse(what, found, seen);
            return;
        }
        problems = List.of();
        pages().ifPresent(pages -> {
            pages.templatesChanged();
            pages.problems(List.of());
        });
        report(what, "views are rendered again", seen);
    }

    private void rebuild(String what, long seen) throws IOException {
        builds++;
        Build.Result result = Build.of(
                new Build.Input(options.project(), options.ignored(), libraries, options.mainClass()),
                work.resolve("build-" + builds));
        Build next = result.build();
        outdated = true;
        if (next == null) {
            if (node == null) {
                node = startNode(new WaitingPage());
            }
            refuse(what, result.problems(), seen);
            return;
        }
        Build before = running;
        run(next, before, what, seen);
        Build unused = running == next ? before : next;
        if (unused != null && unused != running) {
            unused.close();
        }
    }

    /** Runs a build on a new node. If it cannot be started, the one before goes on. */
    private void run(Build next, @Nullable Build before, String what, long seen) {
        Extension application;
        try {
            application = next.application();
        } catch (Exception | LinkageError e) {
            if (node == null) {
                node = startNode(new WaitingPage());
            }
            refuse(what, List.of(StartProblem.of(e, next.loader())), seen);
            return;
        }
        Node old = node;
        if (old != null) {
            old.close();
        }
        try {
            node = startNode(application);
            running = next;
            outdated = false;
            problems = List.of();
            String done = before == next ? "a new node" : "new classes";
            report(what, before == null ? "serving" : done + ", tabs continue", seen);
        } catch (RuntimeException e) {
            node = startAgain(before);
            refuse(what, List.of(StartProblem.of(e, next.loader())), seen);
        }
    }

    private Node startAgain(@Nullable Build before) {
        config = working;
        if (before != null) {
            try {
                return startNode(before.application());
            } catch (Exception | LinkageError e) {
                out.println("carillon: the application before cannot be started again: " + e);
            }
        }
        return startNode(new WaitingPage());
    }

    private Node startNode(Extension application) {
        Node started = Node.builder(config).extension(application).start();
        working = config;
        if (store == null) {
            store = options.keeper().open(config);
        }
        return started;
    }

    private void refuse(String what, List<Problem> found, long seen) {
        problems = List.copyOf(found);
        pages().ifPresent(pages -> pages.problems(found));
        report(what, found.size() == 1 ? "1 error" : found.size() + " errors", seen);
        for (Problem problem : found) {
            String place = WaitingPage.place(problem);
            out.println("  " + (place.isEmpty() ? "" : place + ": ") + problem.message());
            if (!problem.source().isEmpty()) {
                out.println("    " + problem.source().strip());
            }
        }
    }

    private Optional<Development> pages() {
        Node current = node;
        return current == null ? Optional.empty() : current.development();
    }

    private void report(String what, String done, long seen) {
        Duration took = Duration.ofNanos(System.nanoTime() - seen);
        out.println("carillon: " + what + ": " + done + ", " + TimeUnit.MILLISECONDS.convert(took) + " ms");
    }

    /** Stops the node and removes what was built. */
    @Override
    public void close() throws IOException {
        SourceWatch watching = watch;
        if (watching != null) {
            watching.close();
        }
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            Node current = node;
            if (current != null) {
                current.close();
            }
            Broker kept = store;
            if (kept != null) {
                kept.close();
            }
            Build build = running;
            if (build != null) {
                build.close();
            }
            Build.remove(work);
        }
    }
}
