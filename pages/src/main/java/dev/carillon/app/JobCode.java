package dev.carillon.app;

/** The code of a job. */
@FunctionalInterface
public interface JobCode {
    /**
     * Runs on a virtual thread and may block. The thread is interrupted when the time limit has passed, when the node loses the job, and when it stops.
     *
     * @throws Exception is logged and counted; the job goes on
     */
    void run(JobRun run) throws Exception;
}
