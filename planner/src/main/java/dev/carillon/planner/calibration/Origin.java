package dev.carillon.planner.calibration;

/** Where a figure of a calibration comes from; the order is from the most to the least reliable. */
public enum Origin {
    /** Measured as it is used. */
    MEASURED,
    /** Calculated from measured figures. */
    DERIVED,
    /** Neither: an assumption, with a wide range. */
    ASSUMED
}
