package dev.carillon.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IgnoredFilesTest {
    private final IgnoredFiles files = IgnoredFiles.of(List.of("*.log", "data/**"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".git/HEAD",
                "target/classes/A.class",
                "src/.idea/x.xml",
                "src/A.java~",
                "src/.A.java.swp",
                "src/4913",
                "src/#A.java#",
                "src/A.java___jb_tmp___",
                "src/A.java.tmp",
                "out.log",
                "src/out.log",
                "data/rows/1.txt"
            })
    void files_of_tools_and_those_of_the_patterns_are_ignored(String path) {
        assertThat(files.contains(Path.of(path))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "src/A.java",
                "src/main/jte/a.jte",
                "public/app.css",
                "targets.properties",
                "catalog",
                "src/main/java/shop/build/A.java",
                "src/main/jte/out/a.jte"
            })
    void sources_are_not(String path) {
        assertThat(files.contains(Path.of(path))).isFalse();
    }
}
