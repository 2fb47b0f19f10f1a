package dev.carillon.node;

class MemoryResumeIT extends ResumeContract {
    @Override
    protected String broker() {
        return "memory://resume-it";
    }

    @Override
    protected String brokerOfOtherOptions() {
        return "memory://resume-it-other";
    }

    @Override
    protected boolean outlivesNodes() {
        return false;
    }
}
