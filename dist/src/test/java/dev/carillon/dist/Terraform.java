package dev.carillon.dist;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** The program {@code terraform} in a folder with a configuration. Its own data are kept outside of that folder. */
final class Terraform {
    /** The sources of the modules and examples. */
    static final Path SOURCES = Path.of("../terraform").toAbsolutePath().normalize();

    private static final Duration LIMIT = Duration.ofMinutes(30);

    private final Path folder;
    private final Path data;

    /** @param data a folder of its own for what {@code terraform init} downloads and remembers */
    Terraform(Path folder, Path data) {
        this.folder = folder;
        this.data = data;
    }

    /** Its output and errors, with the line breaks of its error boxes removed. */
    record Ended(int status, String text) {
        /** In one line, as Terraform wraps messages at any blank. */
        String line() {
            return text.replaceAll("[│╷╵]", " ").replaceAll("\\s+", " ");
        }
    }

    Ended run(String... arguments) throws IOException, InterruptedException {
        return run(Map.of(), line -> {}, arguments);
    }

    /**
     * @param variables added to the environment
     * @param onLine receives each line of the output, on another thread
     */
    Ended run(Map<String, String> variables, Consumer<String> onLine, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Objects.requireNonNullElse(System.getenv("TERRAFORM"), "terraform"));
        command.addAll(List.of(arguments));
        ChildProcess.Ended ended = ChildProcess.of(command)
                .directory(folder)
                .merged()
                .onOutput(onLine)
                .environment(environment -> {
                    setUp(environment, data);
                    environment.putAll(variables);
                })
                .run(LIMIT);
        return new Ended(ended.status(), ended.out());
    }

    /** Variables for every call: no colours, no calls home, and no file of settings that does not exist. */
    static void setUp(Map<String, String> environment, Path data) {
        String settings = environment.get("TF_CLI_CONFIG_FILE");
        if (settings != null && !Files.exists(Path.of(settings))) {
            environment.remove("TF_CLI_CONFIG_FILE");
        }
        environment.put("TF_DATA_DIR", data.toString());
        environment.put("TF_IN_AUTOMATION", "1");
        environment.put("CHECKPOINT_DISABLE", "1");
        environment.put("TF_CLI_ARGS", "-no-color");
    }
}
