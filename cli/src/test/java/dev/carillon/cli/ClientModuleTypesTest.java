package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.NpmPackages;
import dev.carillon.testkit.Patience;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code client-js/carillon.d.ts}, checked by the TypeScript compiler. */
@Tag("full")
@Tag("process")
@Tag("clients")
class ClientModuleTypesTest {
    @Test
    void types_fit_how_pages_use_the_module() throws Exception {
        Path compiler = NpmPackages.directory().toAbsolutePath().resolve("node_modules/typescript/bin/tsc");

        ChildProcess.Ended run = ChildProcess.of(
                        Objects.requireNonNullElse(System.getenv("NODEJS"), "node"),
                        compiler.toString(),
                        "--strict",
                        "--noEmit",
                        "--module",
                        "nodenext",
                        "--target",
                        "es2022",
                        "--lib",
                        "es2022,dom",
                        "test/types.ts")
                .directory(Path.of("../client-js"))
                .run(Patience.LIMIT);

        assertThat(run.status()).as(run.out() + run.err()).isZero();
    }
}
