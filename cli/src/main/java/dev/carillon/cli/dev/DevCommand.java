package dev.carillon.cli.dev;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code dev}: runs an application of live pages from its sources, and follows their changes, until it is stopped. */
public final class DevCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(LogKeys.after(DevSettings.KEYS));

    private static final String CLASS = "--class";
    private static final String IGNORE = "--ignore";

    private final Console console;
    private final CommandSpec spec;

    private DevCommand(Console console) {
        this.console = console;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("dev");
    }

    public static CommandSpec spec(Console console) {
        CommandSpec spec = new DevCommand(console).spec;
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .paramLabel("APP")
                .type(String.class)
                .arity("1")
                .description(
                        "Folder of a Maven project or of sources; or the name of an example of a checkout, or examples "
                                + "for all of them.")
                .build());
        spec.addOption(OptionSpec.builder(CLASS)
                .paramLabel("NAME")
                .type(String.class)
                .description("Class of the application: an Extension, or one with a static method that returns an App. "
                        + "Default: the only one.")
                .build());
        spec.addOption(OptionSpec.builder(IGNORE)
                .paramLabel("GLOB")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description("Files whose changes mean nothing, as paths below the folder or as names, besides those "
                        + "of builds, of version control and of editors. May be given more than once.")
                .build());
        OPTIONS.addTo(spec);
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Runs an application of live pages from its sources on one node in development mode. When a file is saved, "
                                + "classes are compiled and replaced as a whole, views are rendered again, style sheets are loaded again; "
                                + "open tabs keep their state. Errors of the compiler are shown in the pages. Pages have the dev bar.")
                .footer("", "Example: the examples of a checkout", "  ./carillon dev examples");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        KeyOptions.warn(console);
        ParseResult given = spec.commandLine().getParseResult();
        Settings settings = OPTIONS.settings(given, console.variables());
        LogKeys.apply(settings);
        DevSettings own = new DevSettings();
        DevServer.Options options = new DevServer.Options(
                project(given.matchedPositionalValue(0, "")),
                ignored(given.matchedOptionValue(IGNORE, List.of())),
                Optional.ofNullable(given.matchedOptionValue(CLASS, (String) null)),
                () -> own.config(OPTIONS.settings(given, console.variables())),
                settingsFile(given),
                config -> DevSettings.keeper(settings));
        if (!DevServer.isPossible()) {
            throw CommandException.failed("dev: this Java runtime has no compiler; use a JDK");
        }
        CountDownLatch ended = new CountDownLatch(1);
        try (DevServer server = DevServer.start(options, console.out())) {
            Shutdown shutdown = new Shutdown(ended::countDown, ended::countDown);
            console.out()
                    .println("carillon: " + options.project().root() + " is served at "
                            + (settings.text(NodeKeys.TLS_CERTIFICATE).isPresent() ? "https://" : "http://")
                            + settings.get(NodeKeys.HOST) + ":" + server.port() + settings.get(NodeKeys.BASE_PATH)
                            + "; Ctrl-C stops it");
            ended.await();
            boolean _ = shutdown.wasRequested();
        } catch (IOException e) {
            throw CommandException.failed("dev: " + e.getMessage());
        }
        return ExitCode.OK;
    }

    private static Project project(String name) {
        try {
            Path folder = Path.of(name);
            return Project.of(
                    Files.isDirectory(folder) ? folder : ExampleFolder.of(name).orElse(folder));
        } catch (InvalidPathException e) {
            throw CommandException.misused("dev: " + name + ": is not a path");
        }
    }

    private static IgnoredFiles ignored(List<String> globs) {
        try {
            return IgnoredFiles.of(globs);
        } catch (PatternSyntaxException e) {
            throw new ConfigException("ignore", e.getPattern(), "must be a glob such as *.log");
        }
    }

    private Optional<Path> settingsFile(ParseResult given) {
        return Optional.of(OPTIONS.sources(given, console.variables()).path())
                .filter(path -> !path.isEmpty())
                .map(Path::of);
    }
}
