package dev.carillon.node;

class MemoryMercureIT extends MercureContract {
    @Override
    protected String broker() {
        return "memory://mercure-it";
    }

    @Override
    protected boolean outlivesNodes() {
        return false;
    }
}
