package dev.carillon.node;

class MemorySlowConsumersIT extends SlowConsumerContract {
    @Override
    protected String broker() {
        return "memory://slow-consumers";
    }
}
