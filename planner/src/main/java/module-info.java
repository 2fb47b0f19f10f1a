/** Capacity planning: calculates only. */
module dev.carillon.planner {
    requires static transitive org.jspecify;

    exports dev.carillon.planner;
    exports dev.carillon.planner.base;
    exports dev.carillon.planner.calibration;
    exports dev.carillon.planner.report;
    exports dev.carillon.planner.simulation;
    exports dev.carillon.planner.workload;
}
