package dev.carillon.page.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.page.view.PatchSender;
import dev.carillon.patch.Patch;
import dev.carillon.patch.TurboStreams;
import dev.carillon.scope.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PendingPatchesTest {
    private final PendingPatches patches = new PendingPatches();
    private final List<Patch> sent = new ArrayList<>();

    private static List<Patch> numbered(int from, int to) {
        return IntStream.range(from, to)
                .<Patch>mapToObj(i -> new Patch.Remove("row-" + i))
                .toList();
    }

    private void add(int count, @Nullable Consumer<List<Patch>> send) {
        numbered(0, count).forEach(patch -> patches.add(patch, send));
    }

    @Test
    void every_patch_of_a_tab_with_a_stream_is_sent_once_and_in_order() {
        add(200, sent::addAll);
        assertThat(sent).as("while the code still runs").hasSize(192);
        patches.drain(sent::addAll);

        assertThat(sent).isEqualTo(numbered(0, 200));
        assertThat(patches.isWaiting()).isFalse();
    }

    @Test
    void latest_patches_wait_for_a_stream() {
        add(100, null);
        patches.drain(sent::addAll);

        assertThat(sent).isEqualTo(numbered(36, 100));
    }

    @Test
    void patch_beyond_the_size_of_an_event_is_refused() {
        String html = "a".repeat(Event.MAX_DATA_BYTES - 5 * 1024);
        PatchSender.requireSize(new Patch.Append("list", html), new TurboStreams());

        assertThatThrownBy(() ->
                        PatchSender.requireSize(new Patch.Append("list", html + "ä".repeat(512)), new TurboStreams()))
                .hasMessageContaining("a patch must have at most 257792 bytes");
    }
}
