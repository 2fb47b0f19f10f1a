package dev.carillon.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceWatchTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final Set<Path> seen = new ConcurrentSkipListSet<>();

    private SourceWatch watch() throws IOException {
        return SourceWatch.start(folder, null, IgnoredFiles.of(List.of()), batch -> seen.addAll(batch.files()));
    }

    @Test
    void changes_of_all_kinds_are_seen_also_in_folders_that_are_new() throws IOException {
        Path old =
                Files.writeString(Files.createDirectories(folder.resolve("a/b")).resolve("Old.java"), "1");
        Path elsewhere = Files.createDirectories(folder.resolve("target/moved"));
        Files.writeString(elsewhere.resolve("In.java"), "1");
        try (SourceWatch _ = watch()) {
            Files.writeString(old, "2");
            Path draft = Files.writeString(folder.resolve("a/b/Saved.java.tmp"), "1");
            Files.move(draft, folder.resolve("a/b/Saved.java"), StandardCopyOption.ATOMIC_MOVE);
            Files.writeString(
                    Files.createDirectories(folder.resolve("new/deep")).resolve("New.java"), "1");
            Files.move(elsewhere, folder.resolve("moved"));

            await().untilAsserted(() -> assertThat(seen)
                    .contains(
                            old,
                            folder.resolve("a/b/Saved.java"),
                            folder.resolve("new/deep/New.java"),
                            folder.resolve("moved/In.java")));
            Files.delete(old);
            seen.clear();
            Files.writeString(folder.resolve("moved/In.java"), "2");
            await().untilAsserted(() -> assertThat(seen).contains(folder.resolve("moved/In.java")));
        }
        assertThat(seen).noneMatch(path -> path.toString().endsWith(".tmp"));
    }

    @Test
    void changes_that_come_together_are_handled_together() throws IOException {
        List<Set<Path>> batches = new CopyOnWriteArrayList<>();
        try (SourceWatch _ =
                SourceWatch.start(folder, null, IgnoredFiles.of(List.of()), batch -> batches.add(batch.files()))) {
            for (int i = 0; i < 20; i++) {
                Files.writeString(folder.resolve(i + ".txt"), "1");
            }
            await().untilAsserted(() ->
                    assertThat(batches.stream().mapToInt(Set::size).sum()).isGreaterThanOrEqualTo(20));
        }
        // A slow machine may take some of them later.
        assertThat(batches).hasSizeLessThan(10);
    }

    @Test
    void a_failing_handler_is_called_for_the_next_change() throws IOException {
        try (SourceWatch _ = SourceWatch.start(folder, null, IgnoredFiles.of(List.of()), batch -> {
            seen.addAll(batch.files());
            throw new IllegalStateException("of the test");
        })) {
            Files.writeString(folder.resolve("1.txt"), "1");
            await().until(() -> seen.contains(folder.resolve("1.txt")));
            Files.writeString(folder.resolve("2.txt"), "1");
            await().until(() -> seen.contains(folder.resolve("2.txt")));
        }
    }
}
