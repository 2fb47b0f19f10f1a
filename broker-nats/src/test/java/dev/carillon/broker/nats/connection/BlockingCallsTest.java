package dev.carillon.broker.nats.connection;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.OverloadedException;
import dev.carillon.testkit.Patience;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BlockingCallsTest {
    @Test
    void calls_beyond_the_queue_are_refused_as_overloaded_and_the_rest_run() {
        BlockingCalls work = new BlockingCalls(
                1, 2, new TimeLimit(Patience.LIMIT, Platform.system().timer()), Thread::startVirtualThread);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<String> first = work.call(() -> {
            begun.countDown();
            end.await();
            return "first";
        });
        await().until(() -> begun.getCount() == 0);
        CompletableFuture<String> second = work.call(() -> "second");
        CompletableFuture<String> third = work.call(() -> "third");

        assertThatThrownBy(() -> get(work.call(() -> "one too many"))).isInstanceOf(OverloadedException.class);
        end.countDown();

        assertThat(get(first)).isEqualTo("first");
        assertThat(get(second)).isEqualTo("second");
        assertThat(get(third)).isEqualTo("third");
    }
}
