package dev.carillon.lab.fleet;

/** One event of a stream (HTML Standard, section 9.2); id and type are empty if it has none. */
public record StreamEvent(String id, String type, String data) {}
