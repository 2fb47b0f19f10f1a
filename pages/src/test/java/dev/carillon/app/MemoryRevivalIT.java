package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MemoryRevivalIT extends RevivalContract {
    private final String broker = "memory://" + UUID.randomUUID();

    @Override
    protected String broker() {
        return broker;
    }

    @Test
    void action_that_is_sent_twice_runs_once_and_is_answered_alike() {
        PageClient ann = PageClient.load(node(0), "/rooms/7");
        CompletableFuture<HttpResponse<String>> first =
                CompletableFuture.supplyAsync(() -> act(ann, node(0), "hold", "a1"));
        begun.acquireUninterruptibly();
        CompletableFuture<HttpResponse<String>> second =
                CompletableFuture.supplyAsync(() -> act(ann, node(1), "hold", "a1"));
        go.release();

        ok(first.join());
        ok(second.join());
        ok(act(ann, node(2), "hold", "a1"));

        assertThat(ran).containsExactly("hold");
        // Another action of the same document is another request.
        ok(act(ann, node(0), "add", "a1"));
        assertThat(ran).containsExactly("hold", "add");
    }

    @Test
    void action_whose_node_failed_after_its_first_effect_is_not_run_again_and_its_user_is_told() {
        PageClient ann = PageClient.load(node(0), "/rooms/7");
        go.release();
        CompletableFuture<HttpResponse<String>> lost = CompletableFuture.supplyAsync(() -> {
            go.acquireUninterruptibly();
            return act(ann, node(0), "share", "a1");
        });
        begun.acquireUninterruptibly();
        // The claim is written, and nothing after it.
        failing.cutAfterWrites(node(0), 1);
        go.release();
        lost.join();
        failing.cut(node(0));

        HttpResponse<String> unknown = act(ann, node(1), "share", "a1");

        assertThat(unknown.statusCode()).isEqualTo(409);
        assertThat(unknown.body()).contains("not known whether the action took effect");
        assertThat(ran).containsExactly("share");
        ok(act(ann, node(1), "add", "a2"));
        assertThat(act(ann, node(2), "share", "a1").statusCode()).isEqualTo(409);
    }

    @Test
    void action_that_cannot_be_saved_is_refused_and_saved_when_it_is_sent_again() {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        ok(act(ann, node(0), "add", "a1"));
        failing.cut(node(0));

        HttpResponse<String> refused = act(ann, node(0), "add", "a2");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("broker-unavailable");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        failing.mend(node(0));
        ok(act(ann, node(0), "add", "a2"));

        assertThat(ran).containsExactly("add", "add");
        failing.cut(node(0));
        ann.close();
        PageClient again = PageClient.again(ann).open(node(1));
        shows(again, "count", "ann 2");
        again.close();
    }

    @Test
    void page_of_another_session_is_not_revived() {
        PageClient ann = PageClient.load(node(0), "/rooms/7");
        ok(act(ann, node(0), "add", "a1"));
        failing.cut(node(0));
        PageClient mallory = PageClient.load(node(1), "/rooms/7").withContext(ann.context());

        mallory.open(node(1));
        await().until(() -> reloads(mallory));
        assertThat(act(mallory, node(1), "add", "a2").statusCode()).isEqualTo(403);
        assertThat(PageClient.get(node(1), "/rooms/7?context=" + ann.context(), mallory.cookie())
                        .body())
                .doesNotContain(ann.context());

        ok(act(ann, node(1), "add", "a3"));
        assertThat(ran).containsExactly("add", "add");
        mallory.close();
    }

    @Test
    void page_that_lives_in_memory_only_is_loaded_again() {
        PageClient ann = PageClient.load(node(0), "/kept").open();
        ok(act(ann, node(0), "add", "a1"));
        ok(act(ann, node(1), "add", "a2"));
        shows(ann, "count", "ann 2");

        PageClient other = PageClient.again(ann).open(node(1));
        await().until(() -> reloads(other));
        // Its own node still has it.
        ok(act(ann, node(0), "add", "a3"));
        shows(ann, "count", "ann 3");
        node(0).close();
        HttpResponse<String> gone = act(ann, node(1), "add", "a4");
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.body()).contains("action=\"refresh\"");
        assertThat(ran).contains("close");
        other.close();
        ann.close();
    }

    @Test
    void page_that_has_ended_after_its_last_stream_comes_back_with_its_client() {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        ok(act(ann, node(0), "add", "a1"));
        ann.close();
        await().until(() -> ran.contains("close"));

        PageClient again = PageClient.again(ann).open(node(0));

        shows(again, "count", "ann 1");
        again.close();
    }

    @Test
    void id_of_an_action_is_checked() {
        PageClient ann = PageClient.load(node(0), "/rooms/7");

        HttpResponse<String> refused = act(ann, node(0), "add", "a/1");

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("field _id: must have 1 to 64 letters");
        assertThat(ran).isEmpty();
    }
}
