package dev.carillon.history;

import dev.carillon.broker.OverloadedException;
import dev.carillon.limits.TaskQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Reads of clients that open or change their streams: at most {@value #MAX_CONCURRENT} are at the broker at a time, so that it answers each of them in
 * time also when thousands of clients reconnect at once. Up to {@value #MAX_QUEUED} further ones wait, in order; beyond that a read fails with {@code
 * overloaded}, and its client is refused temporarily. A read begins on the thread that asks for it, or on that of an answer to an earlier one.
 */
final class BoundedReads {
    static final int MAX_CONCURRENT = 128;
    static final int MAX_QUEUED = 100_000;

    private final TaskQueue queue;

    BoundedReads() {
        this(MAX_QUEUED);
    }

    BoundedReads(int maxQueued) {
        queue = new TaskQueue(MAX_CONCURRENT, maxQueued, Runnable::run);
    }

    <T> CompletableFuture<T> read(Supplier<CompletionStage<T>> read) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        boolean queued = queue.offer(() -> begin(read).whenComplete((value, e) -> {
            if (e == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(e);
            }
        }));
        return queued
                ? answer
                : CompletableFuture.failedFuture(
                        new OverloadedException("more than " + MAX_QUEUED + " streams are being opened"));
    }

    private static <T> CompletionStage<T> begin(Supplier<CompletionStage<T>> read) {
        try {
            return read.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
