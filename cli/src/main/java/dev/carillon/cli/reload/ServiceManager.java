package dev.carillon.cli.reload;

import java.io.IOException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports the state of this process to systemd, as sd_notify(3) describes; has no effect under another parent. The variable names the socket;
 * systemd accepts messages of the main process only.
 */
public final class ServiceManager {
    private static final String SOCKET = "NOTIFY_SOCKET";
    private static final Logger LOGGER = LoggerFactory.getLogger(ServiceManager.class);

    private final String socket;

    public ServiceManager(Map<String, String> variables) {
        this.socket = variables.getOrDefault(SOCKET, "");
    }

    /** The node serves. */
    public void ready() {
        send("READY=1");
    }

    /** The process drains, then ends. */
    public void stopping() {
        send("STOPPING=1");
    }

    /** Another process is now the main process of the service. */
    void replacedBy(long pid) {
        send("MAINPID=" + pid + "\nREADY=1");
    }

    private void send(String message) {
        if (socket.isEmpty()) {
            return;
        }
        try {
            LinuxCalls.sendTo(socket, message);
        } catch (IOException e) {
            LOGGER.atWarn().addKeyValue("reason", e.getMessage()).log("the service manager cannot be notified");
        }
    }
}
