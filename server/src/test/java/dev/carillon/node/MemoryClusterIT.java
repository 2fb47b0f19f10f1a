package dev.carillon.node;

class MemoryClusterIT extends ClusterContract {
    @Override
    protected String broker() {
        return "memory://cluster-it";
    }
}
