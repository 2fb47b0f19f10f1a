package dev.carillon.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The commands of a page of the manual: its code blocks, each with the heading above it and the machine that its first line names. */
final class CommandPage {
    private static final Pattern PART = Pattern.compile(
            "^#+ (?:\\d+\\. )?([^\\n]*)$|^```sh (\\S+)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    record Block(String heading, String machine, String commands) {}

    private final Path page;

    CommandPage(String name) {
        page = Path.of("../docs", name);
    }

    List<Block> blocks() throws IOException {
        String[] heading = {""};
        return PART.matcher(Files.readString(page))
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
    Block block(String heading, String machine) throws IOException {
        List<Block> found = blocks().stream()
                .filter(block ->
                        block.heading().equals(heading) && block.machine().equals(machine))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(page + ": " + found.size() + " blocks for " + machine + " below " + heading);
        }
        return found.getFirst();
    }
}
