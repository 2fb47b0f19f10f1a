package dev.carillon.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The commands of {@code docs/operations.md}: its code blocks, each with the heading above it and the machine that its first line names. */
final class OperationsPage {
    private static final Path PAGE = Path.of("../docs/operations.md");
    private static final Pattern PART = Pattern.compile(
            "^#+ (?:\\d+\\. )?([^\\n]*)$|^```sh (\\S+)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    record Block(String heading, String machine, String commands) {}

    private OperationsPage() {}

    static List<Block> blocks() throws IOException {
        String[] heading = {""};
        return PART.matcher(Files.readString(PAGE))
                .results()
                .flatMap(part -> {
                    if (part.group(2) != null) {
                        return Stream.of(new Block(heading[0], part.group(2), part.group(3)));
                    }
                    heading[0] = part.group(1);
                    return Stream.empty();
                })
                .toList();
    }

    /** The only block below a heading for a machine. */
    static Block block(String heading, String machine) throws IOException {
        List<Block> found = blocks().stream()
                .filter(block ->
                        block.heading().equals(heading) && block.machine().equals(machine))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(PAGE + ": " + found.size() + " blocks for " + machine + " below " + heading);
        }
        return found.getFirst();
    }
}
