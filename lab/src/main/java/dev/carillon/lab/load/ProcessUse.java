package dev.carillon.lab.load;

/**
 * What a process used in the measured time.
 *
 * @param cpuShare processors used
 * @param readBytesPerSecond bytes that it read from sockets and files
 * @param writtenBytesPerSecond bytes that it wrote to sockets and files
 */
public record ProcessUse(long pid, double cpuShare, double readBytesPerSecond, double writtenBytesPerSecond) {}
