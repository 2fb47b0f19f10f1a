package dev.carillon.cli;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The languages of {@code examples/snippets}, each with three programs: token, broadcast and listen. */
enum SnippetLanguage {
    PYTHON("Python", "PYTHON", "python3", "py", List.of("-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())")),
    NODE("Node.js", "NODEJS", "node", "mjs", List.of("--check")),
    PHP("PHP", "PHP", "php", "php", List.of("-l")),
    GO("Go", "GO", "go", "go", List.of("-e", "-l")),
    JAVA("Java", "", "java", "java", List.of()),
    RUBY("Ruby", "RUBY", "ruby", "rb", List.of("-wc")),
    SHELL("Shell", "", "sh", "sh", List.of("-n"));

    static final List<String> PROGRAMS = List.of("token", "broadcast", "listen");
    static final Path ROOT = Path.of("../examples/snippets");

    private final String title;
    private final String variable;
    private final String program;
    private final String ending;

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> parse;

    SnippetLanguage(String title, String variable, String program, String ending, List<String> parse) {
        this.title = title;
        this.variable = variable;
        this.program = program;
        this.ending = ending;
        this.parse = parse;
    }

    String title() {
        return title;
    }

    /** The name of a language in a block of Markdown. */
    String block() {
        return switch (this) {
            case NODE -> "js";
            case SHELL -> "sh";
            default -> folder();
        };
    }

    private String folder() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The file of {@code token}, {@code broadcast} or {@code listen}. */
    Path file(String name) {
        String base = this == JAVA ? name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1) : name;
        return ROOT.resolve(folder()).resolve(base + "." + ending);
    }

    /** The command of the page, in the folder of the language. */
    String shown(String name) {
        return program + (this == GO ? " run " : " ") + file(name).getFileName();
    }

    /** The program of the language, by its variable or on the path. */
    Optional<String> executable() {
        if (this == JAVA) {
            return Optional.of(ChildProcess.jdk("java"));
        }
        String named = variable.isEmpty() ? null : System.getenv(variable);
        if (named != null && !named.isEmpty()) {
            return Optional.of(named);
        }
        return Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    /** How a program of the language checks a file without running it. Not for Java, whose compiler is here. */
    List<String> parseCommand(String name) {
        String found = executable().orElseThrow();
        List<String> command = new ArrayList<>();
        command.add(this == GO ? Path.of(found).resolveSibling("gofmt").toString() : found);
        command.addAll(parse);
        command.add(file(name).toString());
        return command;
    }

    /** Runs a program; {@code go run} would start another process, so it is built first. */
    List<String> command(Path folder, String name) throws IOException, InterruptedException {
        if (this == JAVA) {
            return List.of(
                    ChildProcess.jdk("java"),
                    "-XX:TieredStopAtLevel=1",
                    file(name).toString());
        }
        if (this != GO) {
            return List.of(executable().orElseThrow(), file(name).toString());
        }
        Path built = folder.resolve(name);
        if (!Files.exists(built)) {
            ChildProcess.Ended ended = ChildProcess.of(
                            executable().orElseThrow(),
                            "build",
                            "-o",
                            built.toString(),
                            file(name).toString())
                    .run(Patience.LIMIT);
            if (ended.status() != 0) {
                throw new AssertionError(ended.err());
            }
        }
        return List.of(built.toString());
    }
}
