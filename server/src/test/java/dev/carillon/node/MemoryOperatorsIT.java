package dev.carillon.node;

/** The contract of operators' actions on nodes of one process. */
class MemoryOperatorsIT extends OperatorsContract {
    @Override
    protected String broker() {
        return "memory://operators";
    }
}
