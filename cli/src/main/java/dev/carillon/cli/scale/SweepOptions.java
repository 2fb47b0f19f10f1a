package dev.carillon.cli.scale;

import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.scale.ScaleOptions.Defaults;
import dev.carillon.lab.scale.Dimensions;
import dev.carillon.lab.scale.ScalePoint.Placement;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code bench scale} for the size of the cluster and for what is compared. */
final class SweepOptions {
    private static final String INTEREST = "interest";

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description =
                    "interest: 8 nodes and a topic whose clients are all on one of them; once with the nodes' interests, once with every "
                            + "event sent to every node. Other options change its values.")
    private @Nullable String preset;

    @Option(names = "--nodes", paramLabel = "LIST", description = "Numbers of nodes, 1 to 20. Default: 1,2.")
    private @Nullable String nodes;

    @Option(
            names = "--connections",
            paramLabel = "LIST",
            description = "Numbers of clients, 1 to 1000000. Default: 200,2000.")
    private @Nullable String connections;

    Dimensions dimensions(ScaleOptions others) {
        if (preset == null) {
            return others.dimensions(Defaults.SWEEP.with(nodes, connections), List.of(Placement.SPREAD));
        }
        if (!preset.equals(INTEREST)) {
            throw CommandException.misused("preset: " + preset + ": must be " + INTEREST);
        }
        return others.dimensions(
                Defaults.INTEREST.with(nodes, connections), List.of(Placement.FIRST_NODE, Placement.FLOODED));
    }
}
